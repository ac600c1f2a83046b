"""The settings of django_app.py."""

import os

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "only for development")
DEBUG = True
ROOT_URLCONF = "django_app"

MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
SESSION_ENGINE = "sessions.django"
SESSIONS_URL = os.environ["SESSIONS_URL"]  # redis://host or sqlite:/path; memory: is for one process
