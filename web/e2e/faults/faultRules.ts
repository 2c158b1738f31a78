// The faults of the test: what the network does to frames and calls, and what the local cloud does to itself.
import type { FaultRates } from "./faultyNetwork.ts";
import type { Rule } from "./setup.ts";

export const networkFaults: FaultRates = {
  drop: 0.05,
  double: 0.1,
  late: 0.15,
  close: 0.01,
  sever: 0.01,
  request: 0.03,
  answer: 0.03,
};

/** The local cloud ends a connection after this time, ms. */
export const connectionLife = 3_000;

/** Both moments at which an instance can be killed during a call: before the call has an effect, and after. */
const killed = (rule: Omit<Rule, "do">): Rule[] => [
  { ...rule, do: "kill-before" },
  { ...rule, do: "kill-after" },
];

export const rules: Rule[] = [
  ...killed({ on: "dynamodb", function: "client.message.send", rate: 0.003 }),
  ...killed({ on: "dynamodb", function: "client.message.history", rate: 0.02 }),
  ...killed({ on: "dynamodb", function: "client.session.sync", rate: 0.05 }),
  ...killed({ on: "dynamodb", function: "client.session.connect", rate: 0.1 }),
  ...killed({ on: "dynamodb", function: "client.session.disconnect", rate: 0.2 }),
  ...killed({ on: "post", function: "client.message.send", rate: 0.01 }),
  { on: "dynamodb", do: "throttle", rate: 0.001 },
  { on: "dynamodb", do: "cut-after", rate: 0.001 },
  { on: "sqs", do: "drop", rate: 0.5 },
  { on: "sqs", do: "repeat", rate: 1 },
  { on: "post", do: "fail", rate: 0.2 },
  { on: "post", do: "throttle", rate: 0.05 },
  { on: "post", do: "drop", rate: 0.03 },
  { on: "post", do: "repeat", rate: 0.05 },
  { on: "post", do: "reorder", rate: 0.1, delay_ms: 300 },
  { on: "post", do: "cut", rate: 0.02 },
];
