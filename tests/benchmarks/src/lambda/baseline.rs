//! The function that ours is measured against: `baseline/` beside this crate's `src`, built as our artifact is.

use crate::outside::Outside;

pub(super) const BASELINE: Outside = Outside { folder: "baseline", program: "scrip-baseline" };

#[cfg(test)]
mod tests {
    const OWN: &str = include_str!("../../baseline/Cargo.toml");
    const WORKSPACE: &str = include_str!("../../../../Cargo.toml");

    fn profile(manifest: &str) -> Vec<&str> {
        let lines = manifest.lines().skip_while(|line| *line != "[profile.release]").skip(1);
        lines.take_while(|line| line.contains('=')).collect()
    }

    #[test]
    fn program_and_baseline_are_built_alike() {
        let profile = [OWN, WORKSPACE].map(profile);
        assert_eq!(profile[0].len(), 4);
        assert_eq!(profile[0], profile[1]);
    }
}
