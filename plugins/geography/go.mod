module geography

go 1.24

require driftline v0.0.0

replace driftline => ../../engine/driftline/templates/go/driftline
