module driftline

go 1.24
