# Production image: `docker compose up` runs it as web, worker, beat and (once) migrate.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 \
    EVENTIFY_HOME=/var/lib/eventify PROMETHEUS_MULTIPROC_DIR=/tmp/metrics

RUN useradd --system --create-home --home-dir /home/eventify eventify \
    && install -d -o eventify -g eventify "$EVENTIFY_HOME" "$PROMETHEUS_MULTIPROC_DIR"
WORKDIR /app

# The packages change less often than the code: a layer of their own.
COPY requirements.txt constraints.txt ./
RUN pip install -c constraints.txt -r requirements.txt

COPY . .
# Static files are collected at build time; these values are thrown away with the command.
RUN SECRET_KEY=build-time-only-build-time-only-build JWT_SECRET=build-time-only-build-time-only-build \
    ALLOWED_HOSTS=build.invalid DATABASE_URL=postgresql://build.invalid/none STATIC_ROOT=/app/collected \
    python manage.py collectstatic --noinput
ENV STATIC_ROOT=/app/collected

USER eventify
EXPOSE 8000
VOLUME /var/lib/eventify

# Asks with a host name that ALLOWED_HOSTS admits.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=5 \
    CMD ["python", "-m", "eventify.healthcheck"]

CMD ["python", "-m", "eventify.web", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--no-ws", \
     "--workers", "2", "--blocking-threads", "2", "--blocking-threads-idle-timeout", "600", "--respawn-failed-workers", "eventify.wsgi:application"]
