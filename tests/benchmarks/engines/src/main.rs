//! Rule calculations per second: Scrip's beside those of two engines for rules of any kind, in one process and by turns.
//!
//! `scrip-engines <rounds> <milliseconds of a round>` writes one line of JSON: the rates of each round.

mod carts;
mod expressions;
mod graph;
mod ours;

use anyhow::{Context, ensure};
use carts::{Cart, LINES, RULES};
use serde_json::{Value, json};
use std::hint::black_box;
use std::time::{Duration, Instant};

const CARTS: u64 = 64;
/// Calculations between two looks at the clock.
const BATCH: u64 = 64;
const NANOSECONDS_PER_SECOND: u128 = 1_000_000_000;

/// What an engine says of a cart, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Figures {
    deductions: [i64; RULES],
    second_value: i64,
}

/// An engine with its rules loaded and compiled, and the carts in the form that it likes best.
trait Engine {
    const NAME: &'static str;

    /// Calculates one of the carts.
    fn calculate(&self, cart: usize) -> anyhow::Result<Figures>;
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |what| -> anyhow::Result<u64> { Ok(arguments.next().context(what)?.parse()?) };
    let (rounds, round) = (number("how many rounds?")?, number("how many milliseconds each?")?);
    let round = Duration::from_millis(round);
    let carts: Vec<Cart> = (0..CARTS).map(Cart::numbered).collect();
    let ours = ours::Ours::load(&carts)?;
    let zen = graph::Zen::load(&carts)?;
    let cel = expressions::Cel::load(&carts)?;
    let applied = agree(&carts, &ours, &zen, &cel)?;

    let mut rates = [const { Vec::new() }; 3];
    for _ in 0..rounds {
        rates[0].push(rate(&ours, round)?);
        rates[1].push(rate(&zen, round)?);
        rates[2].push(rate(&cel, round)?);
    }
    let names = [ours::Ours::NAME, graph::Zen::NAME, expressions::Cel::NAME];
    let rates: serde_json::Map<String, Value> =
        names.into_iter().zip(rates).map(|(name, rates)| (name.to_owned(), json!(rates))).collect();
    println!(
        "{}",
        json!({ "lines": LINES, "rules": RULES, "carts": CARTS, "applied": applied, "rates": rates })
    );
    Ok(())
}

/// Has all three calculate all carts, and lets only equal figures pass. Returns how many deductions there were.
fn agree(
    carts: &[Cart],
    ours: &ours::Ours,
    zen: &graph::Zen,
    cel: &expressions::Cel,
) -> anyhow::Result<usize> {
    let mut applied = 0;
    for (at, cart) in carts.iter().enumerate() {
        let figures = ours.calculate(at)?;
        for (name, theirs) in
            [(graph::Zen::NAME, zen.calculate(at)?), (expressions::Cel::NAME, cel.calculate(at)?)]
        {
            ensure!(figures == theirs, "{cart:?}: {figures:?}, but {name} says {theirs:?}");
        }
        applied += figures.deductions.iter().filter(|deduction| **deduction > 0).count();
    }
    Ok(applied)
}

/// Calculations in a second, of all carts by turns.
fn rate<E: Engine>(engine: &E, time: Duration) -> anyhow::Result<u64> {
    let began = Instant::now();
    let mut done = 0_u64;
    let mut cart = 0;
    while began.elapsed() < time {
        for _ in 0..BATCH {
            black_box(engine.calculate(black_box(cart))?);
            cart = (cart + 1) % usize::try_from(CARTS)?;
        }
        done += BATCH;
    }
    let nanoseconds = began.elapsed().as_nanos().max(1);
    Ok(u64::try_from(u128::from(done) * NANOSECONDS_PER_SECOND / nanoseconds)?)
}
