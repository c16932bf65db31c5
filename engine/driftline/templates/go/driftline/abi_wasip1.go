package driftline

// The Canonical ABI of the contract by hand: what crosses lies in linear memory, in the layout of the WIT types. Go's
// collector moves nothing, so that addresses stay good for as long as something here holds on to what they point to.

import (
	"math"
	"unsafe"
)

var (
	plugin       Plugin
	accumulators = map[uint32]Accumulator{}
	last         uint32
)

// Metric makes the component export a plugin.
func Metric(p Plugin) { plugin = p }

// Memory that the host writes arguments to: it may not be allocated by Go, which may not run while the host writes.
var (
	arena [1 << 20]uint64
	top   uint32
	large [][]uint64
)

// Memory that the host reads results from, until the next call.
var results [][]uint64

//go:wasmexport cabi_realloc
func realloc(old, oldSize, align, size uint32) uint32 {
	words := (size + 7) / 8
	if words == 0 {
		return 8
	}
	var to uint32
	if top+words <= uint32(len(arena)) {
		to = address(&arena[top])
		top += words
	} else {
		block := make([]uint64, words)
		large = append(large, block)
		to = address(&block[0])
	}
	if oldSize > 0 {
		copy(slice[byte](to, size), slice[byte](old, oldSize))
	}
	return to
}

func begin() { results = results[:0] }

func end() { top, large = 0, nil }

func address[T any](p *T) uint32 { return uint32(uintptr(unsafe.Pointer(p))) }

func at[T any](p uint32) *T { return (*T)(unsafe.Pointer(uintptr(p))) }

func slice[T any](p, n uint32) []T {
	if n == 0 {
		return []T{}
	}
	return unsafe.Slice((*T)(unsafe.Pointer(uintptr(p))), n)
}

// list is the slice whose address and length stand at p.
func list[T any](p uint32) []T { return slice[T](*at[uint32](p), *at[uint32](p + 4)) }

func text(p uint32) string { return string(list[byte](p)) }

func give(size uint32) uint32 {
	block := make([]uint64, (size+7)/8+1)
	results = append(results, block)
	return address(&block[0])
}

func put(p uint32, values ...uint32) {
	for i, value := range values {
		*at[uint32](p + 4*uint32(i)) = value
	}
}

func putBytes(p uint32, bytes []byte) {
	to := give(uint32(len(bytes)))
	copy(slice[byte](to, uint32(len(bytes))), bytes)
	put(p, to, uint32(len(bytes)))
}

func putText(p uint32, s string) { putBytes(p, []byte(s)) }

// putList writes a list whose items take size bytes each.
func putList[T any](p, size uint32, items []T, write func(p uint32, item T)) {
	to := give(size * uint32(len(items)))
	for i, item := range items {
		write(to+size*uint32(i), item)
	}
	put(p, to, uint32(len(items)))
}

func putTexts(p uint32, texts []string) { putList(p, 8, texts, putText) }

func fail(p uint32, message string, payload uint32) uint32 {
	*at[uint8](p) = 1
	putText(p+payload, message)
	return p
}

func fields(p, n uint32) []Field {
	read := make([]Field, n)
	for i := range read {
		f := p + 20*uint32(i)
		read[i] = Field{text(f), text(f + 8), *at[uint8](f + 16) != 0}
	}
	return read
}

//go:wasmexport driftline:plugin/about@0.1.0#info
func info() uint32 {
	begin()
	defer end()
	i, p := plugin.Info, give(44)
	putText(p, i.Name)
	putText(p+8, i.Version)
	putText(p+16, i.Summary)
	put(p+24, i.StateVersion)
	putText(p+28, i.ConfigSchema)
	putList(p+36, 28, i.Inputs, func(p uint32, input Input) {
		putText(p, input.Name)
		putText(p+8, input.Summary)
		putTexts(p+16, input.Accepts)
		*at[uint8](p + 24) = uint8(input.Encoding)
		*at[bool](p + 25) = input.Optional
	})
	return p
}

//go:wasmexport driftline:plugin/about@0.1.0#describe
func describe(config, configLength, inputs, inputCount uint32) uint32 {
	begin()
	defer end()
	p := give(20)
	described, err := plugin.Describe(string(slice[byte](config, configLength)), fields(inputs, inputCount))
	if err != nil {
		return fail(p, err.Error(), 4)
	}
	putList(p+4, 32, []string{}, putText)
	putList(p+12, 36, described.Samples, func(p uint32, sample SampleInfo) {
		putText(p, sample.Name)
		putText(p+8, sample.Summary)
		putText(p+16, sample.Unit)
		*at[uint8](p + 24) = uint8(sample.Direction)
		putTexts(p+28, sample.Labels)
	})
	return p
}

//go:wasmimport [export]driftline:plugin/metrics@0.1.0 [resource-new]accumulator
func newResource(id uint32) uint32

//go:wasmexport driftline:plugin/metrics@0.1.0#[static]accumulator.create
func create(config, configLength, inputs, inputCount, hasReference, reference, referenceLength uint32) uint32 {
	begin()
	defer end()
	p := give(12)
	var state []byte
	if hasReference != 0 {
		state = append([]byte{}, slice[byte](reference, referenceLength)...)
	}
	made, err := plugin.Create(string(slice[byte](config, configLength)), fields(inputs, inputCount), state)
	if err != nil {
		return fail(p, err.Error(), 4)
	}
	last++
	accumulators[last] = made
	put(p+4, newResource(last))
	return p
}

//go:wasmexport driftline:plugin/metrics@0.1.0#[dtor]accumulator
func drop(id uint32) { delete(accumulators, id) }

//go:wasmexport driftline:plugin/metrics@0.1.0#[method]accumulator.update
func update(id, rows, columns, count uint32) uint32 {
	begin()
	defer end()
	p := give(16)
	batch := Batch{Rows: rows, Columns: make([]Column, count)}
	for i := range batch.Columns {
		batch.Columns[i] = column(columns + 52*uint32(i))
	}
	unusable, err := accumulators[id].Update(batch)
	if err != nil {
		return fail(p, err.Error(), 8)
	}
	*at[uint64](p + 8) = unusable
	return p
}

// The cases of `data`, in the order of the contract.
func column(p uint32) Column {
	c, data := Column{Name: text(p)}, p+12
	switch *at[uint8](p + 8) {
	case 0:
		c.Boolean = list[byte](data)
	case 1:
		c.Int64 = list[int64](data)
	case 2:
		c.Uint64 = list[uint64](data)
	case 3:
		c.Float32 = list[float32](data)
	case 4:
		c.Float64 = list[float64](data)
	case 5:
		c.Timestamp = list[int64](data)
	case 6, 7:
		c.Offsets, c.Bytes = list[uint32](data), list[byte](data+8)
	case 8:
		c.Codes, c.Offsets, c.Bytes = list[uint32](data), list[uint32](data+8), list[byte](data+16)
	case 9:
		c.Offsets, c.ListFloat32 = list[uint32](data), list[float32](data+8)
	case 10:
		c.Offsets, c.ListFloat64 = list[uint32](data), list[float64](data+8)
	case 11:
		c.Offsets, c.ListInt64 = list[uint32](data), list[int64](data+8)
	case 12:
		c.ArrowType, c.Bytes = text(data), list[byte](data+20)
		if *at[uint8](data + 8) != 0 {
			c.Offsets = list[uint32](data + 12)
		}
	case 13:
		c.ArrowType = text(data)
		for _, buffer := range list[[2]uint32](data + 8) {
			c.Buffers = append(c.Buffers, slice[byte](buffer[0], buffer[1]))
		}
	}
	if *at[uint8](p + 40) != 0 {
		c.Validity = list[byte](p + 44)
	}
	return c
}

//go:wasmexport driftline:plugin/metrics@0.1.0#[method]accumulator.state
func state(id uint32) uint32 {
	begin()
	defer end()
	p := give(8)
	putBytes(p, accumulators[id].State())
	return p
}

//go:wasmexport driftline:plugin/metrics@0.1.0#[method]accumulator.merge
func merge(id, other, length uint32) uint32 {
	begin()
	defer end()
	p := give(12)
	if err := accumulators[id].Merge(append([]byte{}, slice[byte](other, length)...)); err != nil {
		return fail(p, err.Error(), 4)
	}
	return p
}

//go:wasmexport driftline:plugin/metrics@0.1.0#[method]accumulator.finish
func finish(id uint32) uint32 {
	begin()
	defer end()
	p := give(12)
	samples, err := accumulators[id].Finish()
	if err != nil {
		return fail(p, err.Error(), 4)
	}
	putList(p+4, 24, samples, func(p uint32, sample Sample) {
		putText(p, sample.Name)
		putList(p+8, 16, sample.Labels, func(p uint32, label Label) {
			putText(p, label.Name)
			putText(p+8, label.Value)
		})
		*at[uint64](p + 16) = math.Float64bits(sample.Value)
	})
	return p
}

//go:wasmimport driftline:plugin/log@0.1.0 log
func logMessage(level, message, length uint32)

// Log sends a message to the user.
func Log(level Level, message string) {
	bytes := append([]byte(message), 0)
	logMessage(uint32(level), address(&bytes[0]), uint32(len(message)))
}
