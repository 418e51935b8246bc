# Only copies: `npm run image` puts together what goes in, in dist/image.
FROM node:24-bookworm-slim

# ssh refuses to run for a user that has no name.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates git gpg openssh-client \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 2003 ignition \
 && useradd --uid 2003 --gid 2003 --no-create-home --shell /usr/sbin/nologin ignition

COPY dist/image /app
WORKDIR /app
ENV NODE_ENV=production WORKFLOW_BUNDLE_FILE=/app/workflow-bundle.js

# User and group of the official Ignition image: the agent writes files that the gateway owns.
USER 2003:2003
ENTRYPOINT ["node", "/app/src/main.js"]
