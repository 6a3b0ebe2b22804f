using VhdPS.Engine.Files;
using VhdPS.Engine.Files.Native;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Chains;

/// <summary>
/// Looks for the parents of one chain. Nothing is opened before the policy allows its path, written and real, and before it
/// is known to be a regular file.
/// </summary>
internal sealed class ParentFinder
{
    private readonly ParentPolicy _policy;
    private readonly LayoutOptions _layoutOptions;
    private readonly RealPaths _realPaths;
    private readonly TrustedFolders _trusted;
    private readonly string[] _searchFolders;
    private readonly string _leafPath;
    private readonly Func<string, ChainImage?>? _known;
    private readonly FolderNames _folderNames;
    private readonly HashSet<FileIdentity> _identities = [];
    private readonly HashSet<string> _chainPaths = new(
        OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);

    /// <param name="leafPath">The image at the top.</param>
    /// <param name="leafIdentity">Its file.</param>
    /// <param name="policy">Where parents may be.</param>
    /// <param name="layoutOptions">How they are read.</param>
    /// <param name="realPaths">Resolves paths.</param>
    /// <param name="known">What an image says, by its real path where it has been read before, so that its file need not be
    /// opened.</param>
    /// <param name="folderNames">The names in folders; a forest of many chains shares them. Null: for this chain alone.</param>
    public ParentFinder(
        string leafPath,
        FileIdentity leafIdentity,
        ParentPolicy policy,
        LayoutOptions layoutOptions,
        RealPaths realPaths,
        Func<string, ChainImage?>? known = null,
        FolderNames? folderNames = null)
    {
        _folderNames = folderNames ?? new FolderNames();
        _realPaths = realPaths;
        _trusted = new TrustedFolders(realPaths);
        _known = known;
        _leafPath = leafPath;
        _policy = policy;
        _layoutOptions = layoutOptions;
        _searchFolders = [.. policy.SearchFolders.Select(Path.GetFullPath)];
        string real = Enter(leafPath, leafIdentity);
        string[] folders = [FolderOf(real), FolderOf(leafPath), .. _searchFolders];
        foreach (string folder in folders.Distinct(StringComparer.Ordinal))
        {
            _trusted.Add(folder);
        }
    }

    /// <summary>Looks for the parent of an image of the chain and enters what is found into the chain.</summary>
    public ParentSearch Find(ChainChild child)
    {
        bool isGiven = _policy.ParentPath is not null && child.Path == _leafPath;
        bool isNullId = child.Image.ParentId == Guid.Empty;
        var search = new ParentSearch(child)
        {
            IsRaw = child.Image.Format == VhdFormat.Vhd && _policy.RawParent && (isNullId || (isGiven && _policy.IgnoreIdMismatch)),
        };
        if (isNullId && !search.IsRaw && !_policy.IgnoreIdMismatch)
        {
            Fail(search, FaultCode.ParentIdNull, "a unique id", "zeros",
                $"The image stores no parent id, so nothing proves a parent ('{child.ParentName}').");
            return search;
        }

        ParentSearch? second = null;
        if (isGiven)
        {
            // The caller's own word: trusted wherever it lies, and with it what lies beside it.
            string given = Path.GetFullPath(LocalPath.Judge(_policy.ParentPath!));
            _trusted.Add(FolderOf(given));
            second = Try(search, new ParentCandidate(given, FolderOf(given), IsAsStored: true), isGiven: true);
        }
        else
        {
            string[] childFolders = [FolderOf(_realPaths.Resolve(Path.GetFullPath(child.Path)) ?? child.Path), FolderOf(child.Path)];
            IReadOnlyList<StoredParentPath> stored = child.Image.StoredPaths;
            foreach (ParentCandidate candidate in ParentCandidates.List(stored, childFolders, _searchFolders, search.Tried))
            {
                ParentSearch? tried = Try(search, candidate, isGiven: false);
                second = Better(second, tried);
                if (second is { State: ChainState.Ok })
                {
                    break;
                }
            }
        }

        return Conclude(search, second);
    }

    private static string FolderOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path)) ?? Path.GetFullPath(path);

    private static void Fail(ParentSearch search, FaultCode code, string expected, string actual, string message) =>
        search.Finding = new Finding(code, VhdStructure.Chain, null, expected, actual, message);

    /// <summary>Keeps the outcome that says more, and closes the other.</summary>
    private static ParentSearch? Better(ParentSearch? first, ParentSearch? second)
    {
        if (first is null || second is null)
        {
            return first ?? second;
        }

        (ParentSearch kept, ParentSearch dropped) = Rank(second.State) > Rank(first.State) ? (second, first) : (first, second);
        dropped.Dispose();
        return kept;
    }

    private static int Rank(ChainState state) => state switch
    {
        ChainState.Ok => 5,
        ChainState.Inaccessible => 4,
        ChainState.Cycle => 3,
        ChainState.IdMismatch => 2,
        ChainState.Damaged => 1,
        _ => 0,
    };

    private ParentSearch Conclude(ParentSearch search, ParentSearch? found)
    {
        if (found is null)
        {
            // A file that is there is named; whether it is the parent only opening it would say.
            search.State = search.NotFollowed.Exists(path => PlatformFile.Current.Stat(path).Kind == FileKind.Regular)
                ? ChainState.NotFollowed : ChainState.Missing;
            string tried = search.Tried.Count == 0 ? "the image names none" : string.Join("; ", search.Tried);
            Fail(
                search, FaultCode.ParentNotFound, string.Empty, string.Empty,
                $"The parent '{search.Child.ParentName}' ({search.Child.Image.ParentId}) was not found. Tried: {tried}.");
            return search;
        }

        foreach (TriedPath tried in search.Tried.Where(tried => tried.Path != found.Path))
        {
            found.Tried.Add(tried);
        }

        if (found.State == ChainState.IdMismatch && !_policy.IgnoreIdMismatch)
        {
            Drop(found);
        }

        if (found.File is { } file)
        {
            Enter(found.Path!, file.Identity);
        }

        return found;
    }

    /// <summary>Null where the candidate is not there or not allowed, which <see cref="ParentSearch.Tried"/> then says.</summary>
    private ParentSearch? Try(ParentSearch search, ParentCandidate candidate, bool isGiven)
    {
        void Note(string path, string reason) => search.Tried.Add(new TriedPath(path, reason));

        if (!isGiven && !_policy.FollowParentPath && !_trusted.Names(candidate.FullPath))
        {
            Note(candidate.FullPath, "lies outside the image's folder and the search folders and is not followed");
            NoteNotFollowed(search, candidate, candidate.FullPath);
            return null;
        }

        string? path = candidate.FullPath;
        FileFacts facts = PlatformFile.Current.Stat(path);
        if (facts.Kind == FileKind.Missing && !isGiven)
        {
            path = MatchIgnoringCase(candidate, out string reason);
            if (path is null)
            {
                Note(candidate.FullPath, reason);
                return null;
            }
        }

        if (_realPaths.Resolve(path) is not { } real)
        {
            Note(path, "its links go round in circles");
            return null;
        }

        if (!isGiven && !_trusted.Holds(real) && (!_policy.FollowParentPath || real.StartsWith(@"\\", StringComparison.Ordinal)))
        {
            Note(path, $"leads to {real} outside the image's folder and the search folders and is not followed");
            NoteNotFollowed(search, candidate, real);
            return null;
        }

        facts = PlatformFile.Current.Stat(real);
        if (facts.Kind != FileKind.Regular)
        {
            Note(path, facts.Kind == FileKind.Missing ? "not found" : "is no regular file");
            return null;
        }

        return Open(search, candidate, path, real, facts);
    }

    private static void NoteNotFollowed(ParentSearch search, ParentCandidate candidate, string path)
    {
        if (candidate.IsAsStored && !path.StartsWith(@"\\", StringComparison.Ordinal))
        {
            search.NotFollowed.Add(path);
        }
    }

    private ParentSearch? Open(ParentSearch search, ParentCandidate candidate, string path, string real, FileFacts facts)
    {
        var found = new ParentSearch(search.Child) { Path = path, IsRaw = search.IsRaw };
        if (_chainPaths.Contains(real) || _identities.Contains(facts.Identity))
        {
            return Member(search, candidate, found);
        }

        if (!found.IsRaw && _known?.Invoke(real) is { } image && image.Format == search.Child.Image.Format)
        {
            found.IsKnown = true;
            found.Image = image;
            return Judge(search, found);
        }

        try
        {
            found.File = LocalImageFile.OpenRead(real);
            if (facts.Identity.FullPath.Length == 0 && facts.Identity != found.File.Identity)
            {
                search.Tried.Add(new TriedPath(path, "was replaced while it was opened"));
                found.Dispose();
                return null;
            }

            // Windows tells a file's identity only by a handle.
            if (_identities.Contains(found.File.Identity))
            {
                found.Dispose();
                found.File = null;
                return Member(search, candidate, found);
            }

            if (!found.IsRaw)
            {
                found.Image = ChainImage.Read(found.File, search.Child.Image.Format, _layoutOptions);
            }
        }
        catch (Exception error) when (error is ImageInUseException or ImageAccessException)
        {
            found.State = ChainState.Inaccessible;
            found.Error = error;
            search.Tried.Add(new TriedPath(path, error is ImageInUseException ? "is open for writing elsewhere" : "may not be read"));
            return found;
        }
        catch (IOException error) when (error is not VhdFormatException)
        {
            search.Tried.Add(new TriedPath(path, error.Message));
            found.Dispose();
            return null;
        }
        catch (VhdFormatException error)
        {
            return Damaged(search, found, error.Finding);
        }

        return Judge(search, found);
    }

    /// <summary>What a file that is in the chain already means: a cycle, or nothing where it was only guessed.</summary>
    private static ParentSearch? Member(ParentSearch search, ParentCandidate candidate, ParentSearch found)
    {
        search.Tried.Add(new TriedPath(found.Path!, "is in the chain already"));
        if (!candidate.IsAsStored)
        {
            // A parent of the same name in another folder: the guess has met the image itself.
            return null;
        }

        found.State = ChainState.Cycle;
        Fail(found, FaultCode.ChainCycle, string.Empty, string.Empty, $"The parent '{found.Path}' is in the chain already.");
        return found;
    }

    private static ParentSearch Judge(ParentSearch search, ParentSearch found)
    {
        if (found.IsRaw)
        {
            found.State = ChainState.Ok;
            return found;
        }

        if (found.Image!.Refusal is { } refusal)
        {
            return Damaged(search, found, refusal);
        }

        Guid wanted = search.Child.Image.ParentId!.Value, actual = found.Image.Id;
        if (search.Child.Image.IsLinkedTo(actual))
        {
            found.State = ChainState.Ok;
            return found;
        }

        found.State = ChainState.IdMismatch;
        Fail(
            found, FaultCode.ParentIdMismatch, Invariant($"{wanted}"), Invariant(
                $"{actual}"), $"The parent '{found.Path}' has another unique id than the image stores.");
        search.Tried.Add(new TriedPath(found.Path!, Invariant($"has the unique id {actual}, not {wanted}")));
        return found;
    }

    private static ParentSearch Damaged(ParentSearch search, ParentSearch found, Finding finding)
    {
        found.State = ChainState.Damaged;
        Drop(found);
        Fail(found, FaultCode.ParentDamaged, string.Empty, string.Empty, $"The parent '{found.Path}' cannot be read: {finding.Describe()}");
        search.Tried.Add(new TriedPath(found.Path!, finding.Message));
        return found;
    }

    private static void Drop(ParentSearch found)
    {
        found.File?.Dispose();
        found.File = null;
        found.IsKnown = false;
    }

    private string Enter(string path, FileIdentity identity)
    {
        string full = Path.GetFullPath(path);
        string real = _realPaths.Resolve(full) ?? full;
        _chainPaths.Add(real);
        _identities.Add(identity);
        return real;
    }

    /// <summary>Each part of the path beneath the base folder by its exact name, else by the one name equal but for case.</summary>
    private string? MatchIgnoringCase(ParentCandidate candidate, out string reason)
    {
        reason = "not found";
        string relative = Path.GetRelativePath(candidate.BaseFolder, candidate.FullPath);
        bool isBeneath = !Path.IsPathRooted(relative) && !relative.StartsWith("..", StringComparison.Ordinal);
        string folder = isBeneath ? candidate.BaseFolder : FolderOf(candidate.FullPath);
        string[] parts = isBeneath ? relative.Split(Path.DirectorySeparatorChar) : [Path.GetFileName(candidate.FullPath)];
        foreach (string part in parts)
        {
            string next = Path.Combine(folder, part);
            if (PlatformFile.Current.Stat(next).Kind == FileKind.Missing)
            {
                if (_realPaths.Resolve(folder) is not { } real || !(_policy.FollowParentPath || _trusted.Holds(real)))
                {
                    return null;
                }

                string[] names = [.. _folderNames.Like(real, part)];
                if (names.Length != 1)
                {
                    reason = names.Length == 0 ? reason : "several names differ from it in case only";
                    return null;
                }

                next = Path.Combine(folder, names[0]);
            }

            folder = next;
        }

        return folder;
    }
}
