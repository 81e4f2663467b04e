//! What can happen to a machine's work, scenario by scenario.

/// Makes a test of each scenario, and one function that runs them all for what they take together. Those `in_the_gate`
/// are what the gate asks of a deployed machine; those that plan faults or advance the clock by hours are for the
/// embedded platform alone.
macro_rules! scenarios {
    ($(in_the_gate: $($chosen:ident)+;)? everywhere: $($name:ident)+; embedded: $($bound:ident)+;) => {
        $(mod deployed {
            use super::{Scene, scenario};
            $(#[tokio::test]
            async fn $chosen() {
                let scene = Scene::begin().await;
                scenario::$chosen(&scene).await;
                scene.end().await;
            })+
        })?

        $(#[tokio::test]
        async fn $name() {
            let scene = Scene::begin().await;
            scenario::$name(&scene).await;
            scene.end().await;
        })+

        $(#[tokio::test]
        #[cfg_attr(feature = "deployed", ignore = "it plans faults or advances the clock by hours")]
        async fn $bound() {
            let scene = Scene::begin().await;
            scenario::$bound(&scene).await;
            scene.end().await;
        })+

        #[cfg(not(feature = "deployed"))]
        pub(super) async fn take_all(taken: &mut super::scene::Taken) {
            $($(taken.add({
                let scene = Scene::begin().await;
                scenario::$chosen(&scene).await;
                scene.end().await
            });)+)?
            $(taken.add({
                let scene = Scene::begin().await;
                scenario::$name(&scene).await;
                scene.end().await
            });)+
            $(taken.add({
                let scene = Scene::begin().await;
                scenario::$bound(&scene).await;
                scene.end().await
            });)+
        }
    };
}

pub(super) use scenarios;
