# Build: everything, then only what runs. The program has in it what it needs of node_modules.
FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build -- page program

# The engine of the journal has a binary, which no bundle can hold. To the package it and other parts
# of a server are optional; here all of them are wanted, in the versions of the lock.
FROM node:22-slim AS engine
WORKDIR /app
COPY package.json package-lock.json ./
RUN node -e "const all = require('./package.json'); \
  const { devDependencies, peerDependencies, peerDependenciesMeta, ...rest } = all; \
  const dependencies = { ...rest.dependencies, ...peerDependencies }; \
  fs.writeFileSync('package.json', JSON.stringify({ ...rest, dependencies }))" \
  && npm ci --omit=dev

FROM node:22-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 MMULAB_DATA=/data
WORKDIR /app
RUN mkdir /data && chown node:node /data
COPY --from=engine --chown=node:node /app/node_modules ./node_modules
COPY --from=build --chown=node:node /app/package.json /app/openapi.yaml /app/asyncapi.yaml ./
COPY --from=build --chown=node:node /app/bin ./bin
COPY --from=build --chown=node:node /app/dist/bin ./dist/bin
COPY --from=build --chown=node:node /app/dist/web ./dist/web
USER node
# VMs are kept here: mount a volume.
VOLUME /data
# Others can reach it: it wants MMULAB_TOKEN, or MMULAB_TOKEN_FILE for a mounted secret.
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=2s --start-period=5s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.MMULAB_PORT || process.env.PORT}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=32", "bin/mmulab.js", "serve"]
