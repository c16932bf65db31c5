// Package driftline is Driftline's contract for metrics (wit/plugin.wit) in Go: describe a Plugin, and hand it to Metric in
// an init function.
package driftline

// Encoding is how a plugin wants an input's values.
type Encoding uint8

const (
	Typed Encoding = iota
	Raw
	Dictionary
)

// Direction says which values of a sample are the better ones.
type Direction uint8

const (
	HigherIsBetter Direction = iota
	LowerIsBetter
	Neither
)

// Input is an input that the user binds to a column. Accepts lists Arrow types, best first.
type Input struct {
	Name, Summary string
	Accepts       []string
	Encoding      Encoding
	Optional      bool
}

// Info is what a plugin says of itself. ConfigSchema is a JSON Schema.
type Info struct {
	Name, Version, Summary string
	StateVersion           uint32
	ConfigSchema           string
	Inputs                 []Input
}

// Field is an input's name, and its type as Arrow prints it.
type Field struct {
	Name, ArrowType string
	Nullable        bool
}

// SampleInfo is a sample that a metric gives, with the keys of its labels.
type SampleInfo struct {
	Name, Summary, Unit string
	Direction           Direction
	Labels              []string
}

// Description is what the plugin gives for one config and one set of inputs.
type Description struct {
	Samples []SampleInfo
}

// Label tells samples of one name apart.
type Label struct{ Name, Value string }

// Sample is one number.
type Sample struct {
	Name   string
	Labels []Label
	Value  float64
}

// Column is one input of a batch. One of the value fields is set, as the input accepts it; it is valid until Update returns.
// Text, binary and list rows are Values[Offsets[i]:Offsets[i+1]]. Validity has one byte a row, 1 = valid; nil: no row is null.
type Column struct {
	Name      string
	Boolean   []byte
	Int64     []int64
	Uint64    []uint64
	Float32   []float32
	Float64   []float64
	Timestamp []int64
	// Of text and binary, and the distinct texts of Codes.
	Bytes   []byte
	Offsets []uint32
	Codes   []uint32
	// Of lists.
	ListFloat32 []float32
	ListFloat64 []float64
	ListInt64   []int64
	// ArrowType and Bytes of raw values.
	ArrowType string
	// Buffers of a type without a field of its own, in Arrow's order.
	Buffers  [][]byte
	Validity []byte
}

// Valid tells whether a row has a value.
func (c Column) Valid(row int) bool { return c.Validity == nil || c.Validity[row] != 0 }

// Text is a row of a text column.
func (c Column) Text(row int) string {
	if c.Codes != nil {
		row = int(c.Codes[row])
	}
	return string(c.Bytes[c.Offsets[row]:c.Offsets[row+1]])
}

// Batch is consecutive rows.
type Batch struct {
	Rows    uint32
	Columns []Column
}

// Column is the input of a name.
func (b Batch) Column(name string) (Column, bool) {
	for _, column := range b.Columns {
		if column.Name == name {
			return column, true
		}
	}
	return Column{}, false
}

// Accumulator is a mergeable state: it works over batches, windows and partitions.
type Accumulator interface {
	// Update takes a batch and returns the number of its rows that it could not use.
	Update(Batch) (unusable uint64, err error)
	State() []byte
	Merge(state []byte) error
	// Finish gives the samples so far, and changes nothing.
	Finish() ([]Sample, error)
}

// Plugin is a metric.
type Plugin struct {
	Info     Info
	Describe func(config string, inputs []Field) (Description, error)
	// Create makes an accumulator; reference is the State of the reference's, or nil.
	Create func(config string, inputs []Field, reference []byte) (Accumulator, error)
}

// Level of a message.
type Level uint32

const (
	Error Level = iota
	Warn
	Note
	Debug
)
