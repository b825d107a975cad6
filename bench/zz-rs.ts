import { MIXES } from './root-switch/mixes.js';
import { runModel } from './root-switch/model.js';
import { compileNative } from './root-switch/native.js';
const n = compileNative();
const p = { warmUp: 50, timed: 250 };
for (const m of MIXES) { const r: number[][] = [[],[]]; let a, b;
 for (let i = 0; i < 5; i++) { a = runModel(m.roots, p); b = n.run(m.roots, p); r[0]!.push(a.ns/p.timed/4096); r[1]!.push(b.ns/p.timed/4096);} 
 const med=(x:number[])=>x.sort((a,b)=>a-b)[2]!;
 console.log(m.name, med(r[0]!).toFixed(2), med(r[1]!).toFixed(2), (med(r[1]!)/med(r[0]!)).toFixed(3), JSON.stringify(a!.checksum)===JSON.stringify(b!.checksum), JSON.stringify(a!.checksum), JSON.stringify(b!.checksum)); }
n.dispose();
