# Build: everything, then only what runs. The program has in it what it needs of node_modules.
FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build -- page program

FROM node:22-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=build --chown=node:node /app/package.json /app/openapi.yaml /app/asyncapi.yaml ./
COPY --from=build --chown=node:node /app/bin ./bin
COPY --from=build --chown=node:node /app/dist/bin ./dist/bin
COPY --from=build --chown=node:node /app/dist/web ./dist/web
USER node
# Others can reach it: it wants MMULAB_TOKEN, or MMULAB_TOKEN_FILE for a mounted secret.
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=2s --start-period=5s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.MMULAB_PORT || process.env.PORT}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=32", "bin/mmulab.js", "serve"]
