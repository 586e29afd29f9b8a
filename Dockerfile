# The program as an image: docker build -t mmcockpit . && docker run --rm -it -v "$PWD:/work:ro" mmcockpit check cockpit.yaml
# EXTRAS=demo adds what `mmcockpit demo` starts, EXTRAS=compare what `compare:` needs.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim-bookworm AS build
ARG EXTRAS=
WORKDIR /src
COPY requirements.lock ./
RUN uv=$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements.lock) \
    && python -m venv /opt/uv \
    && /opt/uv/bin/pip install --no-cache-dir --disable-pip-version-check "uv==$uv"
COPY pyproject.toml README.md LICENSE ./
COPY docs/man docs/man
COPY layouts layouts
COPY themes themes
COPY mmcockpit mmcockpit
# Exactly the versions that were tested; hashes are verified.
RUN /opt/uv/bin/uv build --no-cache --wheel --out-dir /dist . \
    && set -- /dist/*.whl \
    && /opt/uv/bin/uv venv --no-cache /opt/mmcockpit \
    && /opt/uv/bin/uv pip install --no-cache --python /opt/mmcockpit --constraint requirements.lock \
        --compile-bytecode "mmcockpit[${EXTRAS}] @ file://$1"

FROM python:${PYTHON}-slim-bookworm
RUN groupadd --gid 10001 mmcockpit \
    && useradd --uid 10001 --gid 10001 --create-home mmcockpit \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/mmcockpit
COPY --from=build /opt/mmcockpit /opt/mmcockpit
# Sessions are recorded in /var/lib/mmcockpit/sessions.
ENV PATH=/opt/mmcockpit/bin:$PATH LANG=C.UTF-8 TERM=xterm-256color COLORTERM=truecolor XDG_STATE_HOME=/var/lib
VOLUME /var/lib/mmcockpit
WORKDIR /work
USER 10001:10001
ENTRYPOINT ["mmcockpit"]
CMD ["--help"]
