"""Counts visits: prints the response for the Cookie header in $HTTP_COOKIE, as a CGI program does."""

import os

import sessions

config = sessions.Config(keys=[os.environ["SESSIONS_SECRET"]])
manager = sessions.Manager(sessions.Backend("signed-cookie:"), config)
with manager.load(os.environ.get("HTTP_COOKIE")) as session:
    visits = session.increment("visits")
    session.commit()
    for line in session.cookie_lines:
        print("Set-Cookie:", line)
print(f"Cache-Control: private, no-store\n\nvisit {visits}")
