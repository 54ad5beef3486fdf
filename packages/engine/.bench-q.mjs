import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
const { startEngine } = await import('/work/main/packages/engine/dist/index.js');
const threads = Number(process.env.THREADS ?? 1);
const acceleration = (await startEngine({ prefer: 'wasm', threads })).name;
const tf = await import('/work/main/node_modules/@tensorflow/tfjs-core/dist/tf-core.node.js').catch(async()=>await import('@tensorflow/tfjs-core'));
const { QwenPolicy } = await import('/work/main/packages/policy-qwen/dist/index.js');
console.log(acceleration, process.env.CKPT);
const config = { model_type:'qwen2_5_vl', vocab_size: 320, hidden_size:128, intermediate_size:352, num_hidden_layers:4, num_attention_heads:4, num_key_value_heads:2, rms_norm_eps:1e-6, rope_theta:1e6, rope_scaling:{type:'mrope',mrope_section:[4,6,6]}, tie_word_embeddings:true, eos_token_id: 2, image_token_id:300, video_token_id:301, vision_start_token_id:302, vision_end_token_id:303,
 vision_config:{ depth:4, hidden_size:96, intermediate_size:256, num_heads:4, fullatt_block_indexes:[1,3], out_hidden_size:128, window_size:112, patch_size:14, spatial_merge_size:2, temporal_patch_size:2 } };
const policy = QwenPolicy.fromConfig(config, 1, 'fan-in', { checkpointing: process.env.CKPT ?? 'none' });
let s=7; const rnd=()=> (s=(s*1103515245+12345)&0x7fffffff)/0x7fffffff;
const prompt = (n) => { const text=(k)=>Array.from({length:k},()=>3+Math.floor(rnd()*280)); const ids=Int32Array.from([...text(8),302,...Array(16).fill(300),303,...text(n)]);
  const T=ids.length; const pos=new Int32Array(3*T); let p=0; let out=[]; for(let i=0;i<9;i++) out.push([p,p,p]), p++; for(let c=0;c<16;c++) out.push([p,p+(c>>2),p+(c&3)]); p+=4; while(out.length<T) out.push([p,p,p]),p++; out.forEach(([a,b,c],i)=>{pos[i]=a;pos[T+i]=b;pos[2*T+i]=c;});
  return { ids, images:[{pixels: Float32Array.from({length:64*1176},()=>rnd()*2-1), grid:[1,8,8]}], positions:pos, ropeDelta:p-T }; };
const prompts = Array.from({length:8},(_, i)=>prompt(20+(process.env.EQUAL?0:i)));
const time = async (name, f, n=3) => { await f(); const ts=[]; for (let i=0;i<n;i++){ const t=performance.now(); await f(); ts.push(performance.now()-t);} console.log(name, ts.map(x=>x.toFixed(0)).join(' ')); };
const comps = prompts.map(()=>Array.from({length:8},()=>Int32Array.from({length:18+Math.floor(rnd()*8)},()=>3+Math.floor(rnd()*280))));
await time('generate 8x8x25', async()=>{ await policy.generate(prompts,{completions:8,maxTokens:25,temperature:1,seed:1, stopIds:[]}); });
const req = prompts.map((prompt,i)=>({prompt, completions: comps[i]}));
await time('score forward 8x8', ()=>{ tf.tidy(()=>{ policy.score(req).logProbs.dataSync(); }); });
const gradStep = (req) => tf.tidy(()=>{ const {value,grads}=tf.variableGrads(()=>{ const s=policy.score(req); return tf.neg(tf.div(tf.sum(s.logProbs),tf.sum(s.mask))); }, policy.variables); value.dataSync(); });
await time('score+grad 8x8', ()=>gradStep(req));
const pre = Array.from({length:48},(_, i)=>({prompt:prompt(20), completions:[Int32Array.from({length:24},()=>3+Math.floor(rnd()*280))]}));
await time('pretrain 48x1', ()=>gradStep(pre));
console.log(tf.memory().numTensors, process.memoryUsage().rss/1e6|0);
if (process.env.PROF) {
  for (const [name,f] of [['grad', ()=>gradStep(req)], ['generate', ()=>policy.generate(prompts,{completions:8,maxTokens:25,temperature:1,seed:1, stopIds:[]})]]) {
    const orig = tf.engine().backend; const agg={};
    const names = tf.getKernelsForBackend('wasm'); const restore=[];
    for (const k of names) { const f0=k.kernelFunc; restore.push([k,f0]); k.kernelFunc=(a)=>{ const t=performance.now(); const r=f0(a); const e=agg[k.kernelName]??=[0,0]; e[0]+=performance.now()-t; e[1]++; return r; }; }
    const t=performance.now(); await f(); const total=performance.now()-t;
    for (const [k,f0] of restore) k.kernelFunc=f0;
    console.log(name, total.toFixed(0), Object.entries(agg).sort((a,b)=>b[1][0]-a[1][0]).slice(0,18).map(([k,[ms,n]])=>`${k}:${ms.toFixed(0)}ms/${n}`).join('  '));
  }
}
process.exit(0);
