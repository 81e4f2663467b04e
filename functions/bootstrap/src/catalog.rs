//! Every function of every capability.

use scrip_function::Function;

fn functions() -> impl Iterator<Item = Function> {
    [
        scrip_bills_functions::functions(),
        scrip_coupon_functions::functions(),
        scrip_deduction_functions::functions(),
        scrip_directory_functions::functions(),
        scrip_identity_functions::functions(),
        scrip_offline_functions::functions(),
        scrip_service_page_functions::functions(),
        scrip_wallet_functions::functions(),
        scrip_workflow_functions::functions(),
    ]
    .into_iter()
    .flatten()
}

/// The function of that name.
pub(crate) fn function(name: &str) -> Option<Function> {
    functions().find(|function| function.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_sam::{Parameters, Template, Templates};

    #[test]
    fn the_template_deploys_each_function_once() {
        let given = [("TokenIssuer", "https://issuer"), ("TokenJwksUrl", "https://issuer/keys")];
        let application =
            Template::read(&Templates::deployed(), &Parameters::local("http://127.0.0.1", &given)).unwrap();
        let deployed: Vec<&str> =
            application.functions.iter().map(|function| function.name.as_str()).collect();
        let mut catalog: Vec<&str> = functions().map(|function| function.name).collect();
        catalog.sort_unstable();
        assert_eq!(deployed, catalog);
    }
}
