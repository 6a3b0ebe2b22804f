using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>
/// The streams of text take nothing that would control a terminal: names and values in it come out of files. They are hidden
/// here rather than escaped at each call, so that no cmdlet can forget it.
/// </summary>
public abstract partial class VpcCommandBase
{
    /// <summary>Says a warning, in one line.</summary>
    internal new void WriteWarning(string text) => base.WriteWarning(PrintableText.Escape(text));

    /// <summary>Asks whether a change is to be made, and says that it is; in one line.</summary>
    private protected new bool ShouldProcess(string target, string action) =>
        base.ShouldProcess(PrintableText.Escape(target), PrintableText.Escape(action));

    /// <summary>Asks whether changes are to be made, each on a line of its own.</summary>
    private protected bool ShouldProcess(string target, string action, IEnumerable<string> lines) => base.ShouldProcess(
        PrintableText.Escape(target),
        action + string.Concat(lines.Select(line => $"{Environment.NewLine}  {PrintableText.Escape(line)}")) + Environment.NewLine);

    private new void WriteVerbose(string text) => base.WriteVerbose(PrintableText.Escape(text));

    private protected new void WriteDebug(string text) => base.WriteDebug(PrintableText.Escape(text));
}
