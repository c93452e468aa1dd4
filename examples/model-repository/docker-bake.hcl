// memeci.bake.json, which `memeci docker-tag --format bake` writes, fills this target with tags and labels.
target "memeci" {}

target "model" {
  inherits = ["memeci"]
  context  = "."
}

group "default" {
  targets = ["model"]
}
