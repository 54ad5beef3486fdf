/** How the Hugging Face hub is reached: with HF_TOKEN where it is set, at HF_ENDPOINT instead of huggingface.co. */
export function hubAccess(): { token?: string; hubUrl?: string } {
  const { HF_TOKEN: token, HF_ENDPOINT: hubUrl } = process.env;
  return { ...(token && { token }), ...(hubUrl && { hubUrl: hubUrl.replace(/\/+$/, '') }) };
}
