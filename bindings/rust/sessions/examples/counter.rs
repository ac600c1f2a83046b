//! Counts visits: prints the response headers and body for the Cookie header in $HTTP_COOKIE, as a CGI program does.

use std::env::var;

fn main() -> Result<(), sessions::Error> {
    let mut config = sessions::Config::new()?;
    config.add_key(var("SESSIONS_SECRET").unwrap_or_default())?;
    let backend = sessions::Backend::open("signed-cookie:")?;
    let manager = sessions::Manager::new(&backend, &config)?;

    // For each request:
    let mut session = manager.load(var("HTTP_COOKIE").unwrap_or_default())?;
    let visits = session.get::<i64>("visits")?.unwrap_or(0) + 1;
    session.set("visits", visits)?;
    for line in session.commit()? {
        println!("Set-Cookie: {line}");
    }
    println!("Cache-Control: private, no-store\n\nvisit {visits}");
    Ok(())
}
