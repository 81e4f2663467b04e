//! Every function of every capability.

use scrip_function::Function;

fn functions() -> impl Iterator<Item = Function> {
    [
        scrip_bills_functions::functions(),
        scrip_directory_functions::functions(),
        scrip_identity_functions::functions(),
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
    use scrip_sam::{Application, Parameters, Template};

    const TEMPLATE: &str = include_str!("../../../infra/template.yaml");

    fn application() -> Application {
        let given = [("TokenIssuer", "https://issuer"), ("TokenJwksUrl", "https://issuer/keys")];
        Template::read(TEMPLATE, &Parameters::local("http://127.0.0.1", &given)).unwrap()
    }

    #[test]
    fn the_template_deploys_each_function_once() {
        let application = application();
        let deployed: Vec<&str> =
            application.functions.iter().map(|function| function.name.as_str()).collect();
        let mut catalog: Vec<&str> = functions().map(|function| function.name).collect();
        catalog.sort_unstable();
        assert_eq!(deployed, catalog);
    }

    /// Init reads the secret that the variables name, and ends if it may not.
    #[test]
    fn only_who_may_read_the_master_secret_is_told_of_it() {
        let mut count = 0;
        for function in application().functions {
            let actions = function.permissions.iter().flat_map(|permission| &permission.actions);
            let may_read = actions.into_iter().any(|action| action == "secretsmanager:GetSecretValue");
            assert_eq!(function.environment.contains_key("MASTER_SECRET_ARN"), may_read, "{}", function.name);
            count += usize::from(may_read);
        }
        assert!(count > 0);
    }
}
