mod hour;
mod manifests;
mod parts;
