"""Counts visits in Flask: ``flask --app flask_app run``."""

import os

import flask

import sessions
from sessions.wsgi import ENVIRON_KEY, SessionMiddleware

app = flask.Flask(__name__)
manager = sessions.Manager(
    sessions.Backend(os.environ.get("SESSIONS_URL", "memory:")), sessions.Config(plain_http=True)
)
app.wsgi_app = SessionMiddleware(app.wsgi_app, manager)  # type: ignore[method-assign]


@app.get("/")
def visit() -> str:
    """Count."""
    session: sessions.Session = flask.request.environ[ENVIRON_KEY]
    return f"visit {session.increment('visits')}"


@app.post("/login")
def login() -> str:
    """Move the session to a new id, because the user gains rights."""
    session: sessions.Session = flask.request.environ[ENVIRON_KEY]
    session["user"] = flask.request.form["user"]
    session.regenerate()
    return "hello"


@app.post("/logout")
def logout() -> str:
    """End the session."""
    flask.request.environ[ENVIRON_KEY].destroy()
    return "bye"
