;; A component that wants the network, and nothing else. `jco parse network.wat -o network.wasm`
(component
  (import "wasi:http/outgoing-handler@0.2.0" (instance
    (export "handle" (func (param "url" string) (result bool)))
  ))
)
