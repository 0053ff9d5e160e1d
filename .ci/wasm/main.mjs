// Acts as a browser that runs a program with threads: workers that may sleep, and a main thread that may not.
//
//   node main.mjs PROGRAM.wasm
//
// In the program, the instruction by which a thread goes to sleep has been replaced by a call of `may_wait`, since node's
// main thread may sleep. Here that is an exception, as in a browser.
import { readFileSync } from "node:fs";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";

// Of 64 KiB. The program grows its memory when it allocates.
const FIRST_PAGES = 64;
const MOST_PAGES = 1024;
const STACK = 1 << 20;

// Does what the instruction does. [WebAssembly threads proposal: memory.atomic.wait32]
function sleeps(memory) {
    return (address, expected, nanoseconds, offset) => {
        const words = new Int32Array(memory.buffer);
        const milliseconds = nanoseconds < 0n ? Infinity : Number(nanoseconds) / 1e6;
        const answer = Atomics.wait(words, (address + offset) >>> 2, expected, milliseconds);
        return { ok: 0, "not-equal": 1, "timed-out": 2 }[answer];
    };
}

function traps() {
    throw new Error("a wait on the main thread");
}

async function start(module, memory, may_wait) {
    const env = { memory, may_wait };
    return (await WebAssembly.instantiate(module, { env })).exports;
}

if (!isMainThread) {
    const { module, memory, stack, locals, plainly } = workerData;
    const program = await start(module, memory, sleeps(memory));
    program.__stack_pointer.value = stack;
    program.__wasm_init_tls(locals);
    parentPort.postMessage("ready");
    program.work(plainly);
    parentPort.close();
} else {
    const module = await WebAssembly.compile(readFileSync(process.argv[2]));
    const memory = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: MOST_PAGES, shared: true });
    const program = await start(module, memory, traps);

    const workers = [1, 1, 0, 0].map((plainly) => {
        const stack = program.memory_for(STACK) + STACK - 16;
        const locals = program.memory_for(program.__tls_size.value);
        const worker = new Worker(new URL(import.meta.url), {
            workerData: { module, memory, stack, locals, plainly },
        });
        worker.on("error", (error) => {
            console.error(error);
            process.exit(1);
        });
        const ready = new Promise((resolve) => worker.once("message", resolve));
        const ended = new Promise((resolve) => worker.once("exit", resolve));
        return { plainly, ready, ended };
    });
    await Promise.all(workers.map((worker) => worker.ready));

    let given = 0;
    let pulses = 0;
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const until = async (condition) => {
        const begun = Date.now();
        while (!condition()) {
            if (Date.now() - begun > 60_000) throw new Error("a wait missed its set");
            await turn();
        }
    };
    for (let round = 0; round < 200_000; round++) {
        given += program.set_work();
        pulses += program.pulse_news();
        given -= program.try_work();
        // Give the workers time to fall asleep again.
        if (round % 2_000 === 0) await turn();
    }
    await until(() => program.taken() === given);

    program.stop();
    // A token ends a worker that waits plainly. It may also go to a worker that waits for several events, and sleeps.
    let running = workers.length;
    for (const { ended } of workers) ended.then(() => running--);
    await until(() => {
        given += program.set_work();
        return running === 0;
    });
    given -= program.try_work();
    const taken = program.taken() + workers.filter(({ plainly }) => plainly).length;
    if (taken !== given) throw new Error(`${given} tokens given, ${taken} taken`);

    // Check that a wait on the main thread is noticed at all.
    let trapped = false;
    try {
        program.wait_forever();
    } catch {
        trapped = true;
    }
    if (!trapped) throw new Error("a wait on the main thread was not noticed");
    console.log(`${given} tokens and ${pulses} pulses, set on a main thread that may not sleep: none was lost`);
}
