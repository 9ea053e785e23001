# Odoo 19.0 with Ops Center. Everything of ours lies in /opt/ops: what the base image offers for
# addons, /mnt/extra-addons, is a volume, and an old container's would hide what a new image brings.
FROM odoo:19.0

USER 0:0
# The user has a number of its own, and the folders that volumes are mounted on are its.
RUN groupadd --gid=10001 ops \
    && useradd --no-log-init --uid=10001 --gid=ops --home-dir=/var/lib/ops-center ops \
    && install --directory --owner=ops --group=ops --mode=700 /var/lib/ops-center \
        /var/lib/ops-center/data /var/lib/ops-center/database /var/lib/ops-center/key \
        /var/lib/ops-center/sentinel /var/lib/ops-center/sentinel-access
# Where packages come from over an index or an authority of the machine's own, secrets say so: they
# stay out of the image. The folder is apart from the system's Python, which belongs to apt.
RUN --mount=type=bind,source=requirements.txt,target=/requirements.txt \
    --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    --mount=type=secret,id=ca.pem,target=/etc/ca.pem \
    pip3 install --no-cache-dir --no-compile --no-deps --only-binary=:all: --require-hashes \
        --requirement=/requirements.txt --target=/opt/ops/python
COPY --chmod=644 config/odoo/odoo.conf /etc/odoo/odoo.conf
COPY deploy/bin /opt/ops/bin
COPY addons /opt/ops/addons
# Whatever the rights in the checkout are: all may read, none but root may write.
RUN chmod --recursive u=rwX,go=rX /opt/ops

# The revision that the image is made of; Ops Center shows it and /ops/ready answers with it.
ARG RELEASE=
ENV ODOO_ADDONS_PATH=/opt/ops/addons \
    ODOO_DATA_DIR=/var/lib/ops-center/data \
    ODOO_RC=/etc/odoo/odoo.conf \
    OPS_CENTER_RELEASE=${RELEASE} \
    PATH=/opt/ops/bin:${PATH} \
    PYTHONPATH=/opt/ops/python \
    PYTHONUNBUFFERED=1
LABEL org.opencontainers.image.title="Ops Center" \
    org.opencontainers.image.description="A DevOps console inside Odoo 19 Community" \
    org.opencontainers.image.licenses="LGPL-3.0-only" \
    org.opencontainers.image.source="https://github.com/ops-center/ops-center" \
    org.opencontainers.image.revision="${RELEASE}"

USER 10001:10001
EXPOSE 8069 8072
STOPSIGNAL SIGTERM
# The answer names what is wrong; `docker inspect` shows it.
HEALTHCHECK --interval=10s --timeout=10s --start-period=2m --retries=3 \
    CMD ["curl", "--fail-with-body", "--silent", "--show-error", "http://127.0.0.1:8069/ops/ready"]
# Not the base image's script, which takes PORT for the database's port and hands the password over
# in the command line: libpq's own variables (PGHOST, PGPASSFILE...) do without.
ENTRYPOINT []
CMD ["odoo"]
