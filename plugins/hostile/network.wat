;; A component that wants the network, and nothing else. `jco parse network.wat -o network.wasm`
(component
  (import "wasi:sockets/ip-name-lookup@0.2.0" (instance
    (export "resolve-address" (func (param "name" string) (result bool)))
  ))
)
