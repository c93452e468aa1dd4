# syntax=docker/dockerfile:1

# For a build that can be repeated, give the base by its digest: --build-arg PYTHON_IMAGE=python:3.13-slim-trixie@sha256:…
ARG PYTHON_IMAGE=python:3.13-slim-trixie

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
COPY action/requirements.txt action/requirements.txt
# Every dependency by version and hash, the fonts among them.
RUN python -m venv /opt/memeci \
    && /opt/memeci/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
        --requirement action/requirements.txt
COPY setup.cfg pyproject.toml README.md LICENSE ./
COPY memeci memeci
RUN /opt/memeci/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="memeci" \
      org.opencontainers.image.description="Is this model really better or worse than the last one you tagged?" \
      org.opencontainers.image.licenses="Apache-2.0"
# git for the registry; the emoji font for the memes, whose hanzi come from the "fonts" extra. Their versions are those of the
# base: Debian removes old ones from its mirrors, so a pin here would break the build instead of repeating it.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git fonts-noto-color-emoji \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home memeci \
    # A mounted repository belongs to somebody else; git would refuse it. Only the two places where one is mounted are trusted.
    && git config --system --add safe.directory /work \
    && git config --system --add safe.directory /github/workspace
COPY --from=build /opt/memeci /opt/memeci
ENV PATH="/opt/memeci/bin:${PATH}" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001
WORKDIR /work
ENTRYPOINT ["memeci"]
CMD ["--help"]
