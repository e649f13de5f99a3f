// Calling any operator by its schema name, through the dispatcher's boxed convention.
#include "common.h"

#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>
#include <ATen/core/stack.h>

#include <sstream>

using c10::IValue;
using dsc::guarded;
using dsc::Tensor;

// The same numbers as in operators.rs.
enum Tag : int32_t {
  kNone = 0,
  kTensor = 1,
  kTensors = 2,
  kOptionalTensors = 3,
  kInt = 4,
  kInts = 5,
  kDouble = 6,
  kDoubles = 7,
  kBool = 8,
  kString = 9,
  kOther = 10,
};

// One argument. `data` points to a Tensor, an array of Tensor*, of int64_t or double, or to text; `count` is its length.
struct Argument {
  int32_t tag;
  int64_t number;
  double real;
  const void* data;
  int64_t count;
};

static IValue value(const Argument& a) {
  switch (a.tag) {
    case kNone:
      return IValue();
    case kTensor:
      return IValue(*static_cast<const Tensor*>(a.data));
    case kTensors:
      return IValue(c10::List<Tensor>(dsc::list(static_cast<Tensor* const*>(a.data), a.count, "tensor")));
    case kOptionalTensors: {
      auto items = static_cast<Tensor* const*>(a.data);
      c10::List<std::optional<Tensor>> out;
      out.reserve(static_cast<size_t>(a.count));
      for (int64_t i = 0; i < a.count; ++i) {
        out.push_back(items[i] == nullptr ? std::optional<Tensor>() : std::optional<Tensor>(*items[i]));
      }
      return IValue(std::move(out));
    }
    case kInt:
      return IValue(a.number);
    case kInts:
      return IValue(c10::IntArrayRef(static_cast<const int64_t*>(a.data), static_cast<size_t>(a.count)));
    case kDouble:
      return IValue(a.real);
    case kDoubles:
      return IValue(c10::ArrayRef<double>(static_cast<const double*>(a.data), static_cast<size_t>(a.count)));
    case kBool:
      return IValue(a.number != 0);
    case kString:
      return IValue(std::string(static_cast<const char*>(a.data), static_cast<size_t>(a.count)));
    default:
      TORCH_CHECK(false, "an argument of unknown tag ", a.tag);
  }
}

extern "C" {

char* dsc_op_find(const char* name, const char* overload, c10::OperatorHandle** out) {
  return guarded([&] {
    *out = new c10::OperatorHandle(c10::Dispatcher::singleton().findSchemaOrThrow(name, overload));
  });
}

void dsc_op_free(c10::OperatorHandle* op) { delete op; }

char* dsc_op_schema(const c10::OperatorHandle* op, char** out) {
  return guarded([&] {
    std::stringstream text;
    text << op->schema();
    *out = strdup(text.str().c_str());
  });
}

// Positional arguments; those left out take the schema's defaults.
char* dsc_op_call(const c10::OperatorHandle* op, const Argument* arguments, int64_t count, std::vector<IValue>** out) {
  return guarded([&] {
    const auto& schema = op->schema();
    const auto& wanted = schema.arguments();
    TORCH_CHECK(
        static_cast<size_t>(count) <= wanted.size(), schema.name(), " takes ", wanted.size(), " arguments, got ", count);
    torch::jit::Stack stack;
    stack.reserve(wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (i >= static_cast<size_t>(count)) {
        TORCH_CHECK(wanted[i].default_value().has_value(), schema.name(), ": argument `", wanted[i].name(), "` is missing");
        stack.push_back(*wanted[i].default_value());
        continue;
      }
      auto v = value(arguments[i]);
      // `float` arguments are strict about their type; an integer literal means the number.
      if (v.isInt() && wanted[i].type()->kind() == c10::TypeKind::FloatType) {
        v = IValue(static_cast<double>(v.toInt()));
      }
      stack.push_back(std::move(v));
    }
    op->callBoxed(&stack);
    *out = new std::vector<IValue>(std::move(stack));
  });
}

int64_t dsc_values_len(const std::vector<IValue>* values) { return static_cast<int64_t>(values->size()); }

void dsc_values_free(std::vector<IValue>* values) { delete values; }

int32_t dsc_value_tag(const std::vector<IValue>* values, int64_t at) {
  const auto& v = (*values)[static_cast<size_t>(at)];
  if (v.isTensor()) return v.toTensor().defined() ? kTensor : kNone;
  if (v.isTensorList()) return kTensors;
  if (v.isInt()) return kInt;
  if (v.isDouble()) return kDouble;
  if (v.isBool()) return kBool;
  if (v.isNone()) return kNone;
  return kOther;
}

char* dsc_value_tensor(const std::vector<IValue>* values, int64_t at, Tensor** out) {
  return guarded([&] { *out = new Tensor((*values)[static_cast<size_t>(at)].toTensor()); });
}

char* dsc_value_list_len(const std::vector<IValue>* values, int64_t at, int64_t* out) {
  return guarded([&] { *out = static_cast<int64_t>((*values)[static_cast<size_t>(at)].toTensorList().size()); });
}

char* dsc_value_list_item(const std::vector<IValue>* values, int64_t at, int64_t item, Tensor** out) {
  return guarded([&] {
    *out = new Tensor((*values)[static_cast<size_t>(at)].toTensorList().get(static_cast<size_t>(item)));
  });
}

char* dsc_value_int(const std::vector<IValue>* values, int64_t at, int64_t* out) {
  return guarded([&] {
    const auto& v = (*values)[static_cast<size_t>(at)];
    *out = v.isBool() ? static_cast<int64_t>(v.toBool()) : v.toInt();
  });
}

char* dsc_value_double(const std::vector<IValue>* values, int64_t at, double* out) {
  return guarded([&] { *out = (*values)[static_cast<size_t>(at)].toDouble(); });
}

}  // extern "C"
