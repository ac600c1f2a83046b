"""Counts visits in Django: ``python django_app.py runserver``."""

import os
import sys

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    DEBUG=True,
    SECRET_KEY=os.environ.get("DJANGO_SECRET_KEY", "only for development"),
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    SESSION_ENGINE="sessions.django",
    SESSIONS_URL=os.environ.get("SESSIONS_URL", "memory:"),
)
django.setup()


def visit(request: HttpRequest) -> HttpResponse:
    """Count."""
    request.session["visits"] = request.session.get("visits", 0) + 1
    return HttpResponse(f"visit {request.session['visits']}")


def logout(request: HttpRequest) -> HttpResponse:
    """End the session."""
    request.session.flush()
    return HttpResponse("bye")


urlpatterns = [path("", visit), path("logout", logout)]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
