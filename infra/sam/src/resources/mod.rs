//! Each kind of resource, from its properties to its specification. What is not known here is refused, so that
//! nothing in the template is silently left out.

mod api;
mod function;
mod machine;
mod permission;
mod queue;
mod route;
mod table;

pub(crate) use route::DeclaredRoute;

use crate::error::Place;
use crate::identity::{Identity, Kind};
use crate::model::{Application, Parameters};
use crate::scope::Scope;
use crate::sections::{Sections, typed};
use crate::{Template, TemplateError, Templates, nesting};
use serde::de::DeserializeOwned;
use serde_json::Value;

impl Template {
    /// Reads a SAM template with those that it nests, as they would be deployed with these parameters.
    ///
    /// # Errors
    /// Whatever the embedded platform can't honour, with the place where it stands: types of resources and events,
    /// properties, intrinsics that it does not know, names that stand for nothing.
    pub fn read(templates: &Templates, parameters: &Parameters) -> Result<Application, TemplateError> {
        let in_root = |error: TemplateError| error.in_file(templates.root());
        let joined = nesting::join(templates).map_err(in_root)?;
        Self::read_joined(joined.document, parameters).map_err(|error| {
            let file = joined.files.get(error.logical_id());
            in_root(match file {
                Some(path) => error.in_file(path),
                None => error,
            })
        })
    }

    fn read_joined(document: Value, parameters: &Parameters) -> Result<Application, TemplateError> {
        let sections = Sections::read(document)?;
        let scope = Scope::new(&sections, parameters)?;
        let mut reader = Reader { scope, sections, application: Application::default() };
        reader.read_resources()?;
        reader.read_outputs()?;
        reader.check()?;
        Ok(reader.application)
    }
}

struct Reader {
    scope: Scope,
    sections: Sections,
    application: Application,
}

impl Reader {
    fn read_resources(&mut self) -> Result<(), TemplateError> {
        let identities: Vec<_> = self.scope.identities().cloned().collect();
        // Routes have their API's default authorizer, so the API is read before the functions.
        for identity in identities.iter().filter(|identity| identity.kind == Kind::Api) {
            self.read_api(identity)?;
        }
        for identity in &identities {
            match identity.kind {
                Kind::Function => self.read_function(identity)?,
                Kind::Table => self.read_table(identity)?,
                Kind::Queue => self.read_queue(identity)?,
                Kind::Machine => self.read_machine(identity)?,
                Kind::Api | Kind::Elsewhere => {}
            }
        }
        self.application.functions.sort_by(|a, b| a.name.cmp(&b.name));
        self.application.routes.sort_by(|a, b| (&a.path, &a.method).cmp(&(&b.path, &b.method)));
        Ok(())
    }

    fn read_outputs(&mut self) -> Result<(), TemplateError> {
        for (name, output) in &self.sections.outputs {
            let place = Place::new("Outputs").at(name);
            if output
                .condition
                .as_ref()
                .map_or(Ok(true), |condition| self.scope.condition(condition, &place))?
            {
                self.application
                    .outputs
                    .insert(name.clone(), self.scope.text(&output.value, &place.at("Value"))?);
            }
        }
        Ok(())
    }

    /// Two resources of one name would be one to the platform.
    fn check(&self) -> Result<(), TemplateError> {
        let identities: Vec<_> = self.scope.identities().collect();
        for (index, identity) in identities.iter().enumerate() {
            let same = |other: &&&Identity| other.kind == identity.kind && other.name == identity.name;
            if let Some(other) = identities[..index].iter().find(same) {
                let why = format!("{} has the name {} already", other.logical_id, other.name);
                return Err(Place::new(&identity.logical_id).refuse(why));
            }
        }
        for pair in self.application.routes.windows(2) {
            if pair[0].method == pair[1].method && pair[0].path == pair[1].path {
                let why = format!("{} has {} {} already", pair[0].function, pair[0].method, pair[0].path);
                let function = self.application.function(&pair[1].function);
                let logical_id = function.map_or("", |function| &function.logical_id);
                return Err(Place::new(logical_id).at("Metadata.Route").refuse(why));
            }
        }
        Ok(())
    }

    /// A resource's properties, resolved, but for those that mean nothing to the platform.
    fn properties<T: DeserializeOwned>(
        &self,
        identity: &Identity,
        irrelevant: &[&str],
    ) -> Result<T, TemplateError> {
        let place = Place::new(&identity.logical_id).at("Properties");
        let resource = self.sections.resources.get(&identity.logical_id);
        let mut properties = resource.map(|resource| resource.properties.clone()).unwrap_or_default();
        properties.retain(|name, _| !irrelevant.contains(&name.as_str()));
        let resolved = self.scope.resolve(&Value::Object(properties), &place)?;
        typed(resolved.unwrap_or_default(), &[], &place)
    }
}
