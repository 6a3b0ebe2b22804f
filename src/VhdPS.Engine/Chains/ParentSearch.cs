using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Chains;

/// <summary>An image whose parent is wanted.</summary>
/// <param name="Path">The path that it was opened by.</param>
/// <param name="Image">What it says, with a parent.</param>
internal sealed record ChainChild(string Path, ChainImage Image)
{
    /// <summary>The parent's name for messages.</summary>
    public string ParentName => Image.StoredPaths.Count > 0 ? Image.StoredPaths[0].Text
        : Image.Vhd?.Header?.ParentUnicodeName ?? string.Empty;
}

/// <summary>The outcome of the search for one parent. Owns the open file of the parent, where there is one.</summary>
internal sealed class ParentSearch(ChainChild child) : IDisposable
{
    public ChainChild Child { get; } = child;

    public ChainState State { get; set; } = ChainState.Missing;

    /// <summary>The parent's path; null where none was found.</summary>
    public string? Path { get; set; }

    /// <summary>The parent, open for reading; null where it could not be opened.</summary>
    public ImageFile? File { get; set; }

    /// <summary>What the parent says; null for a raw disk.</summary>
    public ChainImage? Image { get; set; }

    /// <summary>Whether the parent is taken for a raw disk.</summary>
    public bool IsRaw { get; set; }

    /// <summary>Full paths that the image stores and that the policy does not follow.</summary>
    public List<string> NotFollowed { get; } = [];

    /// <summary>What was tried before the parent was found, or in vain.</summary>
    public List<TriedPath> Tried { get; } = [];

    /// <summary>What is wrong; null where nothing is, or where <see cref="Error"/> says it.</summary>
    public Finding? Finding { get; set; }

    /// <summary>What kept the parent from being opened.</summary>
    public Exception? Error { get; set; }

    /// <summary>Whether the layout was read before, so that the file was not opened.</summary>
    public bool IsKnown { get; set; }

    /// <summary>Whether the parent can be used.</summary>
    public bool IsUsable => File is not null || IsKnown;

    /// <summary>The parent as the next child, where it has a parent itself.</summary>
    public ChainChild? Next => File is not null && Image is { HasParent: true } image ? new ChainChild(File.Path, image) : null;

    /// <summary>Throws what is wrong.</summary>
    public void ThrowIfUnusable()
    {
        if (IsUsable)
        {
            return;
        }

        throw Error ?? new VhdFormatException(Child.Path, Finding!);
    }

    public void Dispose() => File?.Dispose();
}

/// <summary>A path that was looked at for a parent, and why it was not taken.</summary>
/// <param name="Path">The full path, or the stored text where it was not turned into one.</param>
/// <param name="Reason">Why not, human-readable.</param>
public sealed record TriedPath(string Path, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() => PrintableText.Escape($"{Path} ({Reason})");
}
