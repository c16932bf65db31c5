//! The mean and the largest value of a column, by the C bindings of the contract.
//!
//! Who frees what: arguments belong to the callee, so each function frees its own; results belong to the caller.
const std = @import("std");
const c = @import("contract");

const String = c.metric_string_t;

/// What is known of the rows so far, and what `state` gives: little-endian, without padding.
const Accumulator = extern struct {
    count: u64 = 0,
    sum: f64 = 0,
    max: f64 = -std.math.inf(f64),

    fn add(self: *Accumulator, other: Accumulator) void {
        self.count += other.count;
        self.sum += other.sum;
        self.max = @max(self.max, other.max);
    }
};

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
    set(&input[0].summary, "Numbers.");
    input[0].accepts = .{ .ptr = allocate(String, 1), .len = 1 };
    set(&input[0].accepts.ptr[0], "Float64");
    input[0].encoding = c.DRIFTLINE_PLUGIN_TYPES_ENCODING_TYPED;

    set(&info.name, "NAME");
    set(&info.version, "0.1.0");
    set(&info.summary, "Mean and largest value of a column.");
    info.state_version = 1;
    set(&info.config_schema, "{\"type\": \"object\", \"additionalProperties\": false}");
    info.inputs = .{ .ptr = input, .len = 1 };
}

fn describeSample(sample: *c.exports_driftline_plugin_about_sample_info_t, name: []const u8, summary: []const u8) void {
    set(&sample.name, name);
    set(&sample.summary, summary);
    set(&sample.unit, "");
    sample.direction = c.EXPORTS_DRIFTLINE_PLUGIN_ABOUT_DIRECTION_NEITHER;
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
    describeSample(&samples[0], "mean", "Mean of the finite values.");
    describeSample(&samples[1], "max", "Largest finite value.");
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

/// Null, NaN and infinite values do not count.
fn sumsOf(values: []const f64, valid: ?[*]const u8) Accumulator {
    var sums = Accumulator{};
    for (values, 0..) |value, row| {
        const there = if (valid) |v| v[row] != 0 else true;
        if (there and std.math.isFinite(value)) sums.add(.{ .count = 1, .sum = value, .max = value });
    }
    return sums;
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
        const sums = sumsOf(if (values.len == 0) &.{} else values.ptr[0..values.len], if (column.validity.is_some) column.validity.val.ptr else null);
        self.add(sums);
        unusable.* = batch.rows - sums.count;
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

fn giveSample(sample: [*c]c.driftline_plugin_types_sample_t, name: []const u8, value: f64) void {
    set(&sample.*.name, name);
    sample.*.value = value;
}

/// Without a value there is no mean, so there is no sample.
export fn exports_driftline_plugin_metrics_method_accumulator_finish(
    self: *Accumulator,
    samples: *c.exports_driftline_plugin_metrics_list_sample_t,
    _: *String,
) bool {
    samples.* = .{};
    if (self.count == 0) return true;
    samples.* = .{ .ptr = allocate(c.driftline_plugin_types_sample_t, 2), .len = 2 };
    giveSample(&samples.ptr[0], "mean", self.sum / @as(f64, @floatFromInt(self.count)));
    giveSample(&samples.ptr[1], "max", self.max);
    return true;
}
