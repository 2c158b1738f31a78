// The faults of the storm: what the network does, and what the cloud does to itself.
import type { Weather } from "./network.ts";
import type { Rule } from "./world.ts";

export const weather: Weather = {
  drop: 0.05,
  double: 0.1,
  late: 0.15,
  close: 0.01,
  sever: 0.01,
  request: 0.03,
  answer: 0.03,
};

/** How long a connection lives, in milliseconds. */
export const life = 3_000;

/** Both moments at which an instance can die in a call: before it has any effect, and after. */
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
