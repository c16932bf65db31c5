//! leading_digits: how often each digit comes first among a column's values, and how far that is from Benford's law. Amounts that grew
//! by themselves follow it; invented ones seldom do.
//!
//! Sources: Newcomb (1881), doi:10.2307/2369148; Benford (1938); the mean absolute deviation with its usual bounds, Nigrini (2012).
//!
//! Who frees what: arguments belong to the callee, so each function frees its own; results belong to the caller.
const std = @import("std");
const c = @import("contract");

const String = c.metric_string_t;

/// Values by their first digit, 1 to 9; and what `state` gives: little-endian, without padding.
const Accumulator = extern struct {
    digits: [9]u64 = @splat(0),

    fn add(self: *Accumulator, other: Accumulator) void {
        for (&self.digits, other.digits) |*count, more| count.* += more;
    }

    fn total(self: Accumulator) u64 {
        var sum: u64 = 0;
        for (self.digits) |count| sum += count;
        return sum;
    }
};

/// The first digit of a number that is neither zero nor infinite nor NaN. Exact: the decimal digits of the shortest
/// representation, as people read it, not of a quotient by a power of ten.
fn firstDigit(value: f64) ?u8 {
    if (!std.math.isFinite(value) or value == 0) return null;
    var buffer: [64]u8 = undefined;
    const text = std.fmt.bufPrint(&buffer, "{e}", .{@abs(value)}) catch return null;
    return text[0] - '0';
}

/// Share of the values that begin with a digit by Benford's law.
fn benford(digit: usize) f64 {
    return std.math.log10(1.0 + 1.0 / @as(f64, @floatFromInt(digit)));
}

fn share(self: Accumulator, digit: usize) f64 {
    return @as(f64, @floatFromInt(self.digits[digit - 1])) / @as(f64, @floatFromInt(self.total()));
}

/// Mean absolute difference of the nine shares from Benford's: above 0.015 is no Benford's law (Nigrini).
fn deviation(self: Accumulator) f64 {
    var sum: f64 = 0;
    for (1..10) |digit| sum += @abs(share(self, digit) - benford(digit));
    return sum / 9.0;
}

/// Memory that the bindings free. A plugin without memory cannot go on; the host says so.
fn allocate(comptime T: type, n: usize) [*]T {
    return @ptrCast(@alignCast(c.calloc(n, @sizeOf(T)) orelse @trap()));
}

fn set(to: [*c]String, text: []const u8) void {
    c.metric_string_dup_n(to, text.ptr, text.len);
}

// about

export fn exports_driftline_plugin_about_info(info: *c.exports_driftline_plugin_about_plugin_info_t) void {
    const input = allocate(c.exports_driftline_plugin_about_input_t, 1);
    set(&input[0].name, "value");
    set(&input[0].summary, "Amounts; zeros have no first digit, and are unusable.");
    input[0].accepts = .{ .ptr = allocate(String, 1), .len = 1 };
    set(&input[0].accepts.ptr[0], "Float64");
    input[0].encoding = c.DRIFTLINE_PLUGIN_TYPES_ENCODING_TYPED;

    set(&info.name, "leading_digits");
    set(&info.version, "0.1.0");
    set(&info.summary, "Shares of the first digits of a column, and their distance from Benford's law.");
    info.state_version = 1;
    set(&info.config_schema, "{\"type\": \"object\", \"additionalProperties\": false}");
    info.inputs = .{ .ptr = input, .len = 1 };
}

fn describeSample(sample: [*c]c.exports_driftline_plugin_about_sample_info_t, name: []const u8, summary: []const u8, unit: []const u8, label: ?[]const u8) void {
    set(&sample.*.name, name);
    set(&sample.*.summary, summary);
    set(&sample.*.unit, unit);
    sample.*.direction = c.EXPORTS_DRIFTLINE_PLUGIN_ABOUT_DIRECTION_NEITHER;
    if (label) |key| {
        sample.*.labels = .{ .ptr = allocate(String, 1), .len = 1 };
        set(sample.*.labels.ptr, key);
    }
}

export fn exports_driftline_plugin_about_describe(
    config: *String,
    inputs: *c.exports_driftline_plugin_about_list_field_t,
    description: *c.exports_driftline_plugin_about_description_t,
    _: *String,
) bool {
    c.metric_string_free(config);
    c.exports_driftline_plugin_about_list_field_free(inputs);
    const samples = allocate(c.exports_driftline_plugin_about_sample_info_t, 2);
    describeSample(&samples[0], "share", "Share of the values that begin with the digit.", "ratio", "digit");
    describeSample(&samples[1], "benford_deviation", "Mean absolute difference of the shares from Benford's law; above 0.015 they do not follow it.", "", null);
    description.* = .{ .outputs = .{}, .samples = .{ .ptr = samples, .len = 2 } };
    return true;
}

// metrics

extern fn exports_driftline_plugin_metrics_accumulator_new(self: *Accumulator) c.exports_driftline_plugin_metrics_own_accumulator_t;

export fn exports_driftline_plugin_metrics_static_accumulator_create(
    config: *String,
    inputs: *c.exports_driftline_plugin_metrics_list_field_t,
    reference: ?*c.metric_list_u8_t,
    result: *c.exports_driftline_plugin_metrics_own_accumulator_t,
    _: *String,
) bool {
    c.metric_string_free(config);
    c.exports_driftline_plugin_metrics_list_field_free(inputs);
    if (reference) |state| c.metric_list_u8_free(state);
    const self = allocate(Accumulator, 1);
    self[0] = .{};
    result.* = exports_driftline_plugin_metrics_accumulator_new(&self[0]);
    return true;
}

export fn exports_driftline_plugin_metrics_accumulator_destructor(self: *Accumulator) void {
    c.free(self);
}

/// Null, NaN, infinite and zero values do not count.
fn digitsOf(values: []const f64, valid: ?[*]const u8) Accumulator {
    var digits = Accumulator{};
    for (values, 0..) |value, row| {
        const there = if (valid) |v| v[row] != 0 else true;
        if (!there) continue;
        if (firstDigit(value)) |digit| digits.digits[digit - 1] += 1;
    }
    return digits;
}

export fn exports_driftline_plugin_metrics_method_accumulator_update(
    self: *Accumulator,
    batch: *c.driftline_plugin_types_batch_t,
    unusable: *u64,
    err: *String,
) bool {
    defer c.exports_driftline_plugin_metrics_batch_free(batch);
    for (batch.columns.ptr[0..batch.columns.len]) |column| {
        if (!std.mem.eql(u8, column.name.ptr[0..column.name.len], "value")) continue;
        if (column.data.tag != c.DRIFTLINE_PLUGIN_TYPES_DATA_FLOAT64) break;
        const values = column.data.val.float64;
        const digits = digitsOf(if (values.len == 0) &.{} else values.ptr[0..values.len], if (column.validity.is_some) column.validity.val.ptr else null);
        self.add(digits);
        unusable.* = batch.rows - digits.total();
        return true;
    }
    set(err, "the batch has no column `value` of Float64");
    return false;
}

export fn exports_driftline_plugin_metrics_method_accumulator_state(self: *Accumulator, result: *c.metric_list_u8_t) void {
    const bytes = std.mem.asBytes(self);
    result.* = .{ .ptr = allocate(u8, bytes.len), .len = bytes.len };
    @memcpy(result.ptr[0..bytes.len], bytes);
}

export fn exports_driftline_plugin_metrics_method_accumulator_merge(self: *Accumulator, state: *c.metric_list_u8_t, err: *String) bool {
    defer c.metric_list_u8_free(state);
    if (state.len != @sizeOf(Accumulator)) {
        set(err, "the state is broken");
        return false;
    }
    var other: Accumulator = undefined;
    @memcpy(std.mem.asBytes(&other), state.ptr[0..@sizeOf(Accumulator)]);
    self.add(other);
    return true;
}

const NUMERALS = "123456789";

/// Without a value there is no share, so there is no sample.
export fn exports_driftline_plugin_metrics_method_accumulator_finish(
    self: *Accumulator,
    samples: *c.exports_driftline_plugin_metrics_list_sample_t,
    _: *String,
) bool {
    samples.* = .{};
    if (self.total() == 0) return true;
    const given = allocate(c.driftline_plugin_types_sample_t, 10);
    samples.* = .{ .ptr = given, .len = 10 };
    for (1..10) |digit| {
        const labels = allocate(c.metric_tuple2_string_string_t, 1);
        set(&labels[0].f0, "digit");
        set(&labels[0].f1, NUMERALS[digit - 1 .. digit]);
        set(&given[digit - 1].name, "share");
        given[digit - 1].labels = .{ .ptr = labels, .len = 1 };
        given[digit - 1].value = share(self.*, digit);
    }
    set(&given[9].name, "benford_deviation");
    given[9].value = deviation(self.*);
    return true;
}
