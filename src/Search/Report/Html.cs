using System.Net;

namespace Microsoft.ML.TrainerSearch;

/// <summary>Text inside HTML and SVG.</summary>
internal static class Html
{
    public static string Escape(string text) => WebUtility.HtmlEncode(text);
}
