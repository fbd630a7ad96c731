# Holdfast for production: Node, the sources as they are, the packages they need, and an init.
#
#   docker build --tag holdfast --build-arg VERSION=0.1.0 --build-arg REVISION="$(git rev-parse HEAD)" .
#   docker run --network=host --read-only --tmpfs /tmp --volume holdfast:/var/lib/holdfast \
#     --restart=on-failure:5 --stop-timeout=35 --env MCP_HOST=127.0.0.1 \
#     --env MCP_BOOTSTRAP_TOKEN_FILE=/var/lib/holdfast/first-key \
#     --env MCP_TOOLS=examples/hardware-store --env DATABASE_URL=… --env REDIS_URL=… holdfast
#
# compose.yaml says the same with its reasons. Tools of yours are mounted below /opt/holdfast/tools:
# they import mcp-holdfast and zod from where they lie.
ARG NODE_IMAGE=node:26.10.0-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /opt/holdfast
COPY package.json package-lock.json ./
# Production brings no database along: the embedded ones are the optional dependencies. What is left needs no script to install.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
COPY . .
# A clone may be closed to others, and has lost who may run what if it came as an archive.
RUN chmod --recursive a+rX . && chmod a+x bin/holdfast.js
# What Node compiles at a start is kept, so that a start on a read-only root is a quick one. Neither
# process is told enough to run, and each says so with 78; by then it has loaded all it is made of.
# Node takes a cache of its own version, kind of processor and user alone, and does without any other.
RUN install --directory --owner=1000 --group=1000 compile-cache /var/lib/holdfast
USER 1000:1000
ENV MCP_ENV=production MCP_STATE_DIR=/var/lib/holdfast NODE_COMPILE_CACHE=/opt/holdfast/compile-cache
RUN for command in start worker; do \
      node --conditions=holdfast-source bin/holdfast.js "$command" || [ "$?" = 78 ] || exit 1; \
    done; \
    ! node src/health-check/main.ts && chmod --recursive a+rX compile-cache

FROM ${NODE_IMAGE}
# An init: it reaps what is orphaned, and passes signals on. As process 1, Node would do neither.
RUN command -v tini || { \
      apt-get update && apt-get install --yes --no-install-recommends tini && rm -rf /var/lib/apt/lists/*; \
    }
COPY --from=build --chown=root:root /opt/holdfast /opt/holdfast
RUN ln -s /opt/holdfast/bin/holdfast.js /usr/local/bin/holdfast \
 && install --directory --owner=1000 --group=1000 --mode=0700 /var/lib/holdfast
WORKDIR /opt/holdfast
ENV MCP_ENV=production MCP_STATE_DIR=/var/lib/holdfast NODE_COMPILE_CACHE=/opt/holdfast/compile-cache
# The history of crashes outlives the container here, and with it the wait that keeps a restart policy from looping.
VOLUME /var/lib/holdfast
# "node", by number: Kubernetes does not believe a name not to be root.
USER 1000:1000
EXPOSE 3000 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
  CMD ["node", "/opt/holdfast/src/health-check/main.ts"]
ENTRYPOINT ["tini", "--", "holdfast"]
CMD ["start"]

ARG VERSION=unknown
ARG REVISION=unknown
ARG SOURCE=unknown
ENV HOLDFAST_REVISION=${REVISION}
LABEL org.opencontainers.image.title="Holdfast" \
      org.opencontainers.image.description="The MCP server that stays up, and says why when it can't." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
