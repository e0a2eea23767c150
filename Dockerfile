# One image for coordinator, workers and the command line: what runs is the command.
# The sources run as they are, on a Node that reads TypeScript; nothing is built.
FROM node:24.21.0-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY apps/cli/package.json apps/cli/
COPY apps/coordinator/package.json apps/coordinator/
COPY apps/gateway/package.json apps/gateway/
COPY apps/worker/package.json apps/worker/
COPY packages/client/package.json packages/client/
COPY packages/learned-maps/package.json packages/learned-maps/
COPY packages/contracts/package.json packages/contracts/
COPY packages/core/package.json packages/core/
COPY packages/embedders/package.json packages/embedders/
COPY packages/process/package.json packages/process/
COPY packages/qdrant/package.json packages/qdrant/
COPY packages/qdrant-local/package.json packages/qdrant-local/
COPY packages/queue/package.json packages/queue/
COPY packages/report/package.json packages/report/
# No install scripts: the only ones are of the npm package `node`, which the image needs not, and of an optional addon.
# What runs ONNX models is an optional peer of @reembed/embedders: an image FROM this one installs it where such a model is used.
RUN npm ci --omit=dev --ignore-scripts --workspace reembed && npm cache clean --force

FROM node:24.21.0-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app ./
COPY apps apps
COPY packages packages
USER node
EXPOSE 8765
CMD ["node", "apps/cli/bin/reembed.js", "--help"]
