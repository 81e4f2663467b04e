//! The page on which operators verify coupons, served beside the API that it calls. What it is made of stands in
//! `web/service-page`; here are its files as they are built.

mod files;
mod sign_in;

scrip_function::operations! {
    "service-page": "The page on which operators verify coupons.";
    get_service_page,
}
