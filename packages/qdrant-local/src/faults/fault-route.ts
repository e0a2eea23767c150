import { parseJson } from '../json/json-reader.ts';
import { isObject, type JsonValue } from '../json/json-value.ts';
import type { Fault, FaultBoard, FaultEffect, FaultMatch } from './fault-switches.ts';

/** Where another process works the fault switches: POST adds a fault (a JSON `Fault`, its path as text, or as `{"regex": "…"}`), GET lists them, DELETE clears. */
export const FAULT_ROUTE = '/qdrant-local/faults';

type FaultAnswer = { status: number; contentType: string; body: Buffer };

export function answerFaultRoute(method: string, body: Buffer, faults: FaultBoard): FaultAnswer {
  if (method === 'POST') {
    try {
      faults.add(readFault(parseJson(body)));
    } catch (error) {
      return json(400, { error: error instanceof Error ? error.message : String(error) });
    }
  } else if (method === 'DELETE') faults.clear();
  else if (method !== 'GET') return json(405, { error: `${method} is not known here; use GET, POST or DELETE` });
  return json(200, { faults: faults.list().map(({ fault, met }) => ({ ...fault, match: shown(fault.match), met })) });
}

function json(status: number, value: unknown): FaultAnswer {
  return { status, contentType: 'application/json', body: Buffer.from(JSON.stringify(value)) };
}

function shown(match: FaultMatch | undefined) {
  return match?.path instanceof RegExp ? { ...match, path: { regex: match.path.source } } : match;
}

function readFault(value: JsonValue): Fault {
  if (!isObject(value)) throw new TypeError('a fault is an object with an effect');
  const times = value.get('times');
  const skip = value.get('skip');
  return {
    effect: readEffect(value.get('effect') ?? null),
    match: readMatch(value.get('match') ?? null),
    ...(typeof times === 'bigint' ? { times: Number(times) } : {}),
    ...(typeof skip === 'bigint' ? { skip: Number(skip) } : {}),
  };
}

function readMatch(value: JsonValue): FaultMatch {
  if (!isObject(value)) return {};
  const path = value.get('path');
  const regex = isObject(path) ? path.get('regex') : undefined;
  return {
    ...textField('method', value.get('method')),
    ...textField('bodyIncludes', value.get('bodyIncludes')),
    ...(typeof path === 'string' ? { path } : typeof regex === 'string' ? { path: new RegExp(regex) } : {}),
  };
}

function readEffect(value: JsonValue): FaultEffect {
  if (value === 'refuse' || value === 'drop-before' || value === 'drop-after' || value === 'hang') return value;
  const status = isObject(value) ? value.get('status') : undefined;
  const latencyMs = isObject(value) ? value.get('latencyMs') : undefined;
  if (typeof latencyMs === 'bigint') return { latencyMs: Number(latencyMs) };
  if (!isObject(value) || typeof status !== 'bigint')
    throw new TypeError('effect is refuse, drop-before, drop-after, hang, {status} or {latencyMs}');
  const retryAfter = value.get('retryAfterSeconds');
  return {
    status: Number(status),
    ...(typeof retryAfter === 'bigint' ? { retryAfterSeconds: Number(retryAfter) } : {}),
    ...textField('body', value.get('body')),
  };
}

function textField<Name extends string>(name: Name, value: JsonValue | undefined): { [key in Name]?: string } {
  return typeof value === 'string' ? ({ [name]: value } as { [key in Name]?: string }) : {};
}
