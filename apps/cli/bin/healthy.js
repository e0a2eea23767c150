// Whether the process of this container does its work: the coordinator's `/readyz`, or the `/healthz` of a worker or a gateway. 0: it does.
// By https where it serves that: it asks itself, so whose certificate it is does not matter.
import { request as http } from 'node:http';
import { request as https } from 'node:https';

const { REEMBED_PORT, REEMBED_STATUS_PORT, REEMBED_TLS_CERT } = process.env;

const status =
  (await ask(REEMBED_TLS_CERT ? https : http, REEMBED_PORT || 8765, '/readyz')) ??
  (await ask(http, REEMBED_STATUS_PORT || 8767, '/healthz'));
process.exitCode = status === 200 ? 0 : 1;

/** The status that is answered; null where nothing listens. */
function ask(send, port, path) {
  return new Promise((resolve) => {
    const ended = (status) => {
      resolve(status);
      // Else this process lives on until the server lets go of the connection, which is later than a health check may take.
      asked.destroy();
    };
    const asked = send({ host: '127.0.0.1', port, path, rejectUnauthorized: false, timeout: 4_000 }, ({ statusCode }) => ended(statusCode));
    asked.once('timeout', () => ended(504));
    asked.once('error', () => resolve(null));
    asked.end();
  });
}
