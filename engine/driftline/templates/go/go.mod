// With a dot, so that it is none of Go's own packages.
module plugin.local/NAME

go 1.24

require driftline v0.0.0

// It speaks the contract, and comes with this folder.
replace driftline => ./driftline
