# memeci with git, fonts and nothing else: for CI systems whose jobs are containers.
FROM python:3.12-slim
RUN apt-get update \
    && apt-get install --no-install-recommends --yes git fonts-noto-color-emoji \
    && rm -rf /var/lib/apt/lists/*
COPY action/requirements.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: --requirement /tmp/requirements.txt
COPY . /tmp/memeci
RUN pip install --no-cache-dir --no-deps /tmp/memeci && rm -rf /tmp/memeci /tmp/requirements.txt
# A mounted repository belongs to somebody else; git would refuse to read it.
RUN git config --system --add safe.directory '*'
WORKDIR /work
ENTRYPOINT ["memeci"]
