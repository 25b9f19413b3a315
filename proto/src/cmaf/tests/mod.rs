mod hour;
mod manifests;
mod parts;
mod repaired;
