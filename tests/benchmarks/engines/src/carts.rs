//! The carts, and what is deducted from them.

/// Lines of a cart.
pub const LINES: usize = 10;
/// Rules that apply one after the other:
/// 1. drinks: a tenth off each line,
/// 2. snacks: 1.50 off each piece, and no more than its price,
/// 3. dairy: of every three pieces of a line one is free,
/// 4. the order: three per cent of what is left from 50.00 on, five from 100.00 on, 15.00 at most,
/// 5. the order: 5.00 for gold members from 30.00 on, and never below 20.00.
pub const RULES: usize = 5;

pub const SNACK_AMOUNT: i64 = 150;
pub const CAP: i64 = 1_500;
pub const TIERS: [(i64, i64); 2] = [(5_000, 3), (10_000, 5)];
pub const GOLD: &str = "gold";
pub const GOLD_AMOUNT: i64 = 500;
pub const GOLD_THRESHOLD: i64 = 3_000;
pub const GOLD_LEAST: i64 = 2_000;

const CATEGORIES: [&str; 4] = ["drinks", "snacks", "dairy", "household"];

/// Ten lines, and who buys them.
#[derive(Debug)]
pub struct Cart {
    pub lines: Vec<CartLine>,
    pub member_level: &'static str,
}

#[derive(Debug)]
pub struct CartLine {
    pub sku: String,
    pub category: &'static str,
    pub quantity: i64,
    pub unit_price: i64,
}

impl Cart {
    /// The cart of this number: the same at each run, and unlike its neighbours.
    pub fn numbered(number: u64) -> Self {
        let mut random = Random(number);
        let lines = (0..LINES).map(|at| CartLine {
            sku: format!("sku-{at:02}"),
            category: CATEGORIES[at % CATEGORIES.len()],
            quantity: random.within(1, 6),
            unit_price: random.within(95, 1_999),
        });
        let lines = lines.collect();
        Self { lines, member_level: if number.is_multiple_of(3) { "silver" } else { GOLD } }
    }
}

/// `SplitMix64`, by Sebastiano Vigna: <https://prng.di.unimi.it/splitmix64.c>.
struct Random(u64);

impl Random {
    fn within(&mut self, least: i64, most: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let range = (most - least + 1).unsigned_abs();
        least + i64::try_from((z ^ (z >> 31)) % range).unwrap_or(0)
    }
}
