# One image for coordinator, workers, gateway and the command line: what runs is the word after it (`coordinator`, `worker`, `gateway`, `plan` …).
# It holds Node, the libraries that Node asks for, and the published command line with the versions of package-lock.json: no shell, no package
# manager, no sources, nothing of what builds and tests. About 260 MB unpacked: 121 are Node, 12 this program, 122 what it depends on.

# Built on the machine that builds: JavaScript is the same on all.
FROM --platform=$BUILDPLATFORM node:24.21.0-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6 AS build
WORKDIR /src
COPY . .
RUN npm ci --ignore-scripts --no-audit && node scripts/build-image-app.ts /app

FROM node:24.21.0-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6 AS root
# Beside Node's own libraries two small ones, which ONNX asks for in an image with sentence models (docs/image.md).
RUN bash -euc 'mkdir -p /root-fs/tmp /root-fs/etc && chmod 1777 /root-fs/tmp \
  && ldd /usr/local/bin/node | grep -o "/[^ )]*" | xargs cp --parents --dereference -t /root-fs /usr/local/bin/node /etc/ssl/openssl.cnf \
  && cp --parents --dereference -t /root-fs /lib/*-linux-gnu/lib{rt.so.1,resolv.so.2} \
  && printf "reembed:x:1000:1000::/tmp:/usr/sbin/nologin\n" > /root-fs/etc/passwd && printf "reembed:x:1000:\n" > /root-fs/etc/group'

FROM scratch
ENV NODE_ENV=production HOME=/tmp PATH=/usr/local/bin REEMBED_STATUS_PORT=8767 MALLOC_MMAP_THRESHOLD_=131072
COPY --from=root /root-fs /
COPY --from=build /app /app
WORKDIR /app
# Nothing of it is written to: run it with a read-only root file system, and /tmp as a tmpfs for what Node compiles.
USER 1000:1000
EXPOSE 8765 8766 8767
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=5 CMD ["node", "/app/apps/cli/bin/healthy.js"]
ENTRYPOINT ["node", "--max-semi-space-size=8", "/app/apps/cli/bin/reembed.js"]
CMD ["--help"]
