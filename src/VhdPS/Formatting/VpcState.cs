using System.Management.Automation;

namespace VhdPS;

/// <summary>
/// What the views say of a state, in the host's own colours of errors and warnings where something is wrong. PowerShell takes colours
/// out again where the output is no terminal, or none are wanted.
/// </summary>
public static class VpcState
{
    private static readonly string[] Wrong =
        ["False", "Error", "WRONG", "missing", "Missing", "IdMismatch", "Cycle", "Damaged", "Inaccessible", "TooDeep"];

    private static readonly string[] Doubtful = ["Warning", "NotFollowed"];

    /// <summary>A state as it is shown.</summary>
    /// <param name="value">The state, alone or with a remark; null is shown as nothing.</param>
    /// <param name="style">The session's $PSStyle, or null.</param>
    public static string Show(object? value, object? style)
    {
        string text = VpcText.Escape(value) ?? string.Empty;
        string[] words = text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
        string? name = words.Intersect(Wrong).Any() ? "Error"
            : words.Intersect(Doubtful).Any() || text.EndsWith(", id not unique", StringComparison.Ordinal) ? "Warning"
            : null;
        return name is not null && Part(Part(style, "Formatting"), name) is string colour && Part(style, "Reset") is string reset
            ? colour + text + reset
            : text;
    }

    private static object? Part(object? whole, string name) =>
        whole is null ? null : PSObject.AsPSObject(whole).Properties[name]?.Value;
}
