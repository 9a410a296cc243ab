// Unmodified SDKs for JavaScript against `unspool serve`: each prints what it got, as a line of JSON.
import Anthropic from "@anthropic-ai/sdk";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { GoogleGenAI } from "@google/genai";
import { streamText } from "ai";
import OpenAI from "openai";

const url = process.env.UNSPOOL_URL;
const key = "none";
const ask = [{ role: "user", content: "Weather in Oslo?" }];
const tools = [
  { type: "function", function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } } },
];

async function openaiText() {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
  const stream = await client.chat.completions.create({
    model: "gpt-5", messages: ask, tools, stream: true, stream_options: { include_usage: true },
  });
  let text = "", usage = null, finish = null;
  const calls = {};
  for await (const chunk of stream) {
    for (const choice of chunk.choices) {
      text += choice.delta.content ?? "";
      finish = choice.finish_reason ?? finish;
      for (const call of choice.delta.tool_calls ?? []) {
        const known = (calls[call.index] ??= { name: "", arguments: "" });
        known.name += call.function.name ?? "";
        known.arguments += call.function.arguments ?? "";
      }
    }
    usage = chunk.usage ?? usage;
  }
  return { text, finish, calls: Object.values(calls), total: usage?.total_tokens ?? null };
}

async function openaiResponses() {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
  const stream = client.responses.stream({ model: "gpt-5", input: ask });
  const response = await stream.finalResponse();
  return { text: response.output_text, status: response.status };
}

async function openaiAborted() {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
  const stream = await client.chat.completions.create({ model: "gpt-5", messages: ask, stream: true });
  let count = 0;
  for await (const _ of stream) {
    if (++count === 3) break;
  }
  return { count };
}

async function anthropicMessage() {
  const client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
  const tool = { name: "get_weather", input_schema: { type: "object", properties: { city: { type: "string" } } } };
  const message = await client.messages
    .stream({ model: "claude-opus-4-5", max_tokens: 2000, messages: ask, tools: [tool], thinking: { type: "enabled", budget_tokens: 1024 } })
    .finalMessage();
  return {
    kinds: message.content.map((block) => block.type),
    text: message.content.filter((block) => block.type === "text").map((block) => block.text).join(""),
    calls: message.content.filter((block) => block.type === "tool_use").map((block) => ({ name: block.name, input: block.input })),
    stop: message.stop_reason,
  };
}

async function gemini() {
  const client = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } });
  const stream = await client.models.generateContentStream({ model: "gemini-2.5-flash", contents: "Weather in Oslo?" });
  let text = "";
  for await (const chunk of stream) text += chunk.text ?? "";
  return { text };
}

async function vercel(model) {
  const result = streamText({ model, messages: ask, maxRetries: 0, onError: () => {} });
  let text = "";
  for await (const part of result.textStream) text += part;
  return { text, finish: await result.finishReason };
}

const cases = {
  "openai": openaiText,
  "openai-responses": openaiResponses,
  "openai-aborted": openaiAborted,
  "anthropic": anthropicMessage,
  "gemini": gemini,
  "vercel-openai": () => vercel(createOpenAI({ baseURL: `${url}/v1`, apiKey: key }).chat("gpt-5")),
  "vercel-anthropic": () => vercel(createAnthropic({ baseURL: `${url}/v1`, apiKey: key })("claude-opus-4-5")),
};

try {
  console.log(JSON.stringify(await cases[process.argv[2]]()));
} catch (error) {
  console.log(JSON.stringify({ error: error.constructor.name, status: error.status ?? null, message: String(error.message).slice(0, 200) }));
}
