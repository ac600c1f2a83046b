"""Counts visits in Django: ``SESSIONS_URL=memory: python django_app.py runserver``."""

import os
import sys

import django
from django.core.management import execute_from_command_line
from django.http import HttpRequest, HttpResponse
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_settings")
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
