//! Prints what the Rust crates cost, as tables in Markdown. $ROUNDS and $SECONDS (for each program in each round) change
//! how long it takes.

mod cycle;
mod layers;

use std::env;
use std::time::{Duration, Instant};

/// One thing to measure: does its work so many times.
struct Program<'a> {
    name: &'static str,
    work: Box<dyn FnMut(u32) + 'a>,
}

/// The median nanoseconds of each program. They take turns, so that all see the same machine.
fn measure(programs: &mut [Program<'_>]) -> Vec<f64> {
    let number = |name: &str, default: f64| env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (rounds, time) = (number("ROUNDS", 15.0) as usize, Duration::from_secs_f64(number("SECONDS", 0.1)));
    let mut nanoseconds = vec![Vec::new(); programs.len()];
    for round in 0..rounds.max(1) {
        for turn in 0..programs.len() {
            let index = (turn + round) % programs.len();
            let (program, results) = (&mut programs[index], &mut nanoseconds[index]);
            let (start, mut count) = (Instant::now(), 0);
            while start.elapsed() < time {
                (program.work)(100);
                count += 100;
            }
            results.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(count));
        }
    }
    nanoseconds.iter_mut().map(|results| median(results)).collect()
}

fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn main() {
    println!("\nRust: a request's load, read, change and commit, nanoseconds\n");
    println!("| backend | C | Rust | ratio | goal |\n| --- | --- | --- | --- | --- |");
    for backend in ["signed-cookie:", "memory:"] {
        let times = measure(&mut cycle::programs(backend));
        println!("| {backend} | {:.0} | {:.0} | {:.2} | 1.20 |", times[0], times[1], times[1] / times[0]);
    }
    println!("\naxum: a request that counts up, nanoseconds on one thread without a network\n");
    println!("| session | nanoseconds | more than without |\n| --- | --- | --- |");
    let mut programs = layers::programs();
    let times = measure(&mut programs);
    for (program, time) in programs.iter().zip(&times) {
        println!("| {} | {time:.0} | {:.0} |", program.name, time - times[0]);
    }
}
