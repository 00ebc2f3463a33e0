// Why the simulator did not do what a person wanted, in the words of the page. The codes are those of its ControlError.

const WORDS = {
  blocked: "Bạn đang chặn trợ lý. Bấm Bỏ chặn rồi gửi lại nhé.",
  button_gone: "Nút này không còn dùng được.",
  deactivated: "Tài khoản này đã xóa, không nhắn được nữa.",
  file_count: "Một lần gửi từ 1 đến 10 ảnh, tệp.",
  file_gone: "Tệp này không còn ở đây.",
  message_gone: "Tin này không còn ở đây.",
  payload: "Mã trong liên kết dài 1–64 ký tự, chỉ gồm A–Z, a–z, 0–9, gạch dưới và gạch nối.",
  person_gone: "Người này không còn ở đây. Đóng điện thoại này rồi mở người khác nhé.",
  photo_shape: "Ảnh này quá dài hoặc quá rộng. Đánh dấu Gửi nguyên tệp rồi gửi lại nhé.",
  photo_size: "Ảnh này nặng quá 10 MB. Đánh dấu Gửi nguyên tệp rồi gửi lại nhé.",
  photo_unreadable: "Không đọc được ảnh này. Chọn ảnh khác, hoặc đánh dấu Gửi nguyên tệp rồi gửi lại nhé.",
  text_empty: "Tin chưa có chữ nào.",
};
const SERVER_FAULT = 500;

export const NO_CONNECTION = "Mất kết nối tới máy giả lập.";

/** The sentence for an answer that is not a yes; its own English words are for programs. */
export function refusal(status, code) {
  if (Object.hasOwn(WORDS, code ?? "")) return WORDS[code];
  if (status >= SERVER_FAULT) return "Máy giả lập gặp lỗi, chưa làm được. Thử lại nhé.";
  return "Máy giả lập không nhận việc này.";
}
