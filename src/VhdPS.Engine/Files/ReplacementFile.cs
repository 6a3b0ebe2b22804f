using System.Globalization;
using Microsoft.Win32.SafeHandles;
using VhdPS.Engine.Files.Native;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Files;

/// <summary>
/// A new file beside its target that takes the target's place in one step, or leaves no trace: what makes an image whole
/// or not at all. A target that exists is locked from <see cref="Begin"/> until the new file has its name, so that nothing
/// that another program was told is written can vanish with it; owner, group, mode, access list and attributes stay.
/// </summary>
internal sealed class ReplacementFile : IDisposable
{
    private const int MaxNameTries = 100;

    private readonly string _targetPath;
    private readonly string _ownPath;
    private readonly LocalImageFile? _replaced;
    private readonly FileStamp _replacedStamp;
    private readonly bool _ownsReplaced;
    private readonly SafeFileHandle? _folder;
    private bool _isSettled;

    private ReplacementFile(
        string targetPath, string ownPath, LocalImageFile? replaced, bool ownsReplaced, SafeFileHandle? folder, LocalImageFile file)
    {
        _targetPath = targetPath;
        _ownPath = ownPath;
        _replaced = replaced;
        _replacedStamp = replaced?.ReadStamp() ?? default;
        _ownsReplaced = ownsReplaced;
        _folder = folder;
        File = file;
    }

    /// <summary>The new file, open for writing. Its path, and so what its errors name, is the target's.</summary>
    public LocalImageFile File { get; }

    /// <summary>What the caller should say although the work goes on, each a sentence without its stop.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>Begins a new file in the folder of the target.</summary>
    /// <param name="targetPath">Where the file will be; of a link, the file that it leads to is meant.</param>
    /// <param name="overwrite">Whether an existing file there may be replaced.</param>
    /// <param name="sourcePaths">Files whose content goes into the new one: where no file is replaced, it is no more readable
    /// than they are.</param>
    /// <exception cref="VhdOperationException">The target exists and may not be replaced, or has other names.</exception>
    /// <exception cref="FileNotFoundException">The target is a link to nothing.</exception>
    /// <exception cref="ImageInUseException">The target is to be replaced and someone has it open.</exception>
    /// <exception cref="ImageAccessException">The target is read-only, or its folder may not be written to.</exception>
    public static ReplacementFile Begin(string targetPath, bool overwrite, IEnumerable<string>? sourcePaths = null)
    {
        targetPath = LocalPath.Judge(targetPath);
        if (PlatformFile.Current.Stat(targetPath).Kind == FileKind.Missing)
        {
            if (RealPath.IsLink(targetPath))
            {
                throw RealPath.DanglingLink(targetPath);
            }

            return Create(targetPath, targetPath, null, ownsReplaced: false, allowsLoss: true, sourcePaths ?? []);
        }

        ThrowIfInTheWay(targetPath, overwrite, source: null);
        var replaced = LocalImageFile.OpenToReplace(targetPath);
        try
        {
            return Create(targetPath, RealPathOf(replaced), replaced, ownsReplaced: true, allowsLoss: true, []);
        }
        catch
        {
            replaced.Dispose();
            throw;
        }
    }

    /// <summary>Begins a new file that will take the place of one that is open for writing, and so is in no one else's use.</summary>
    /// <param name="replaced">The open file, from <see cref="LocalImageFile.OpenToReplace"/>; closed by the caller after <see
    /// cref="Commit"/>.</param>
    /// <param name="allowsLoss">Whether to go on, with a warning, where owner, group or access list cannot be kept.</param>
    /// <exception cref="VhdOperationException">The file has other names, or its owner, group or access list cannot be kept.</exception>
    internal static ReplacementFile BeginFor(LocalImageFile replaced, bool allowsLoss) =>
        Create(replaced.Path, RealPathOf(replaced), replaced, ownsReplaced: false, allowsLoss, []);

    /// <summary>Refuses a target that may not be replaced, before any work.</summary>
    /// <param name="targetPath">Where a file is to be.</param>
    /// <param name="overwrite">Whether an existing file there may be replaced.</param>
    /// <param name="source">The file that the work reads, which is never its target; null where there is none.</param>
    /// <exception cref="VhdOperationException">The target is the source, by whatever name, or exists and may not be replaced.</exception>
    /// <exception cref="FileNotFoundException">The target is a link to nothing.</exception>
    /// <exception cref="ImageInUseException">The target is to be replaced and someone has it open.</exception>
    /// <exception cref="ImageAccessException">The target is read-only.</exception>
    public static void ThrowIfInTheWay(string targetPath, bool overwrite, FileIdentity? source)
    {
        targetPath = LocalPath.Judge(targetPath);
        if (PlatformFile.Current.Stat(targetPath).Kind == FileKind.Missing)
        {
            if (RealPath.IsLink(targetPath))
            {
                throw RealPath.DanglingLink(targetPath);
            }

            return;
        }

        if (source is not null)
        {
            using var target = LocalImageFile.OpenRead(targetPath);
            if (target.Identity == source)
            {
                throw new VhdOperationException(targetPath, OperationError.SameFile, "source and target are one file.");
            }
        }

        if (!overwrite)
        {
            throw TargetExists(targetPath);
        }

        // Also refuses folders and devices, and images that someone has open.
        using var existing = LocalImageFile.OpenWrite(targetPath);
        ThrowIfLinked(existing);
    }

    /// <summary>Refuses a target that exists where the new file will not be synced: a power cut could then lose both.</summary>
    /// <param name="targetPath">Where a file is to be.</param>
    /// <exception cref="VhdOperationException">Something is there.</exception>
    public static void ThrowIfReplacedUnsynced(string targetPath)
    {
        targetPath = LocalPath.Judge(targetPath);
        if (PlatformFile.Current.Stat(targetPath).Kind != FileKind.Missing)
        {
            throw new VhdOperationException(
                targetPath, OperationError.TargetExists,
                "the file exists already, and a new one that is not synced never takes its place: a power cut could lose both.");
        }
    }

    /// <summary>Syncs the new file and puts it in the target's place.</summary>
    /// <param name="sync">False leaves writing to the system: after a power cut the file may be empty or in part.</param>
    /// <exception cref="VhdOperationException">Meanwhile someone has made the target.</exception>
    /// <exception cref="ImageInUseException">Meanwhile a program that takes no lock has changed or replaced the target.</exception>
    /// <exception cref="ImageIOException">
    /// The medium did not take the file, or it could not be given its name. Where <see cref="ImageIOException.Operation"/> is
    /// <see cref="ImageIOOperation.Flush"/> the file may have its name and yet be lost in a power cut. Where <see
    /// cref="VhdException.FinishedPath"/> says so the new file is whole and stays beside the target.
    /// </exception>
    public void Commit(bool sync = true)
    {
        if (sync)
        {
            File.Flush();
        }

        if (_replaced is not null && (_replaced.ReadStamp() != _replacedStamp || !_replaced.IsNamedByPath))
        {
            throw new ImageInUseException(_targetPath, forWriting: true);
        }

        TakeName();
        _isSettled = true;
        if (sync && _folder is not null)
        {
            try
            {
                PlatformFile.Current.SyncFolder(_folder);
            }
            catch (IOException error)
            {
                throw new ImageIOException(_targetPath, ImageIOOperation.Flush, null, error);
            }
        }

        // Only now: whoever waits for the old file finds that its name leads to the new one.
        Close();
    }

    /// <summary>Deletes the new file unless it was committed, or is whole and waits for its name.</summary>
    public void Dispose()
    {
        Close();
        if (!_isSettled)
        {
            _isSettled = true;
            try
            {
                HeldFile.Retry(() => System.IO.File.Delete(_ownPath));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // What ended the work says more; the file is found as one that was left.
            }
        }
    }

    private static ReplacementFile Create(
        string targetPath, string realPath, LocalImageFile? replaced, bool ownsReplaced, bool allowsLoss, IEnumerable<string> sourcePaths)
    {
        if (replaced is not null)
        {
            ThrowIfLinked(replaced);
        }

        string folderPath = Path.GetDirectoryName(Path.GetFullPath(realPath))!;
        SafeFileHandle? folder = null;
        ReplacementFile? made = null;
        try
        {
            folder = PlatformFile.Current.OpenFolder(folderPath);

            // A replaced file's protection comes after the first moment, in which no one else may open the new one.
            UnixFileMode mode = replaced is null
                ? PlatformFile.Current.ModeOfCopy(sourcePaths, folderPath)
                : UnixFileMode.UserRead | UnixFileMode.UserWrite;
            (string ownPath, LocalImageFile file) = CreateBeside(folderPath, targetPath, mode);
            made = new ReplacementFile(realPath, ownPath, replaced, ownsReplaced, folder, file);
            made.Protect(targetPath, allowsLoss, sourcePaths);
            return made;
        }
        catch (Exception error)
        {
            made?.Dispose();
            folder?.Dispose();
            throw error switch
            {
                UnauthorizedAccessException =>
                    new ImageAccessException(targetPath, $"no file can be made in '{folderPath}' by this user", error),
                DirectoryNotFoundException => new DirectoryNotFoundException($"Could not find the folder '{folderPath}'.", error),
                VhdException or FileNotFoundException or PathTooLongException => error,
                IOException => new ImageIOException(targetPath, ImageIOOperation.Open, null, error),
                _ => error,
            };
        }
    }

    /// <summary>A name of its own that is short, so that a target whose name is as long as can be has room beside it.</summary>
    private static (string OwnPath, LocalImageFile File) CreateBeside(string folder, string targetPath, UnixFileMode mode)
    {
        for (int tries = 1; ; tries++)
        {
            string path = Path.Combine(folder, StaleFile.NewName());
            try
            {
                return (path, LocalImageFile.CreateForRename(path, targetPath, mode));
            }
            catch (IOException) when (tries < MaxNameTries && System.IO.File.Exists(path))
            {
                // Someone else has this name.
            }
        }
    }

    private static string RealPathOf(LocalImageFile file) => RealPath.Resolve(Path.GetFullPath(file.Path)) ?? file.Path;

    /// <summary>Refuses a file with other names, which would keep the old content.</summary>
    internal static void ThrowIfLinked(LocalImageFile file)
    {
        uint count = PlatformFile.Current.Stat(file.Handle, file.Path).LinkCount;
        if (count > 1)
        {
            throw new VhdOperationException(file.Path, OperationError.HardLinked, string.Create(
                CultureInfo.InvariantCulture, $"the file has {count} names (hard links), and the others would keep the old content."));
        }
    }

    private static VhdOperationException TargetExists(string path) =>
        new(path, OperationError.TargetExists, "the file exists already.") { IsOverridable = true };

    private void Protect(string targetPath, bool allowsLoss, IEnumerable<string> sourcePaths)
    {
        var own = new OpenedFile(File.Handle, _ownPath);
        var warnings = new List<string>();
        if (_replaced is null)
        {
            PlatformFile.Current.Restrict(sourcePaths, own);
        }
        else
        {
            IReadOnlyList<LostProtection> lost = PlatformFile.Current.CopyProtection(_replaced.Opened, own);
            if (!allowsLoss && lost.Any(part => part.IsAccess))
            {
                throw new VhdOperationException(
                    targetPath,
                    OperationError.OwnerNotKept,
                    $"the file would be replaced, and its {Names(lost.Where(part => part.IsAccess))} could not be kept.")
                {
                    IsOverridable = true,
                };
            }

            if (lost.Count > 0)
            {
                warnings.Add($"{targetPath}: the file is replaced, and its {Names(lost)} could not be kept");
            }
        }

        warnings.AddRange(StaleFile.FindIn(Path.GetDirectoryName(_ownPath)!, except: _ownPath).Select(stale => string.Create(
            CultureInfo.InvariantCulture,
            $"'{stale}' was left by a run that ended early or could not give it its name; nothing uses it, and it may be deleted")));
        Warnings = warnings;
    }

    private static string Names(IEnumerable<LostProtection> lost) => string.Join(", ", lost.Select(part => part.What));

    private void TakeName()
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                // Windows renames no file that is open.
                File.Dispose();
            }

            HeldFile.Retry(Rename);
        }
        catch (Exception error) when (error is IOException && _replaced is null
            && PlatformFile.Current.Stat(_targetPath).Kind != FileKind.Missing)
        {
            throw TargetExists(File.Path);
        }
        catch (UnauthorizedAccessException error)
        {
            string? finished = Keep(error);
            string holder = finished is null ? string.Empty : $", or another program has one of them open; {WhereIs(finished)}";
            throw new ImageAccessException(File.Path, $"this user may not replace it or its folder's entries{holder}", error)
            {
                FinishedPath = finished,
            };
        }
        catch (IOException error)
        {
            string? finished = Keep(error);
            throw finished is null
                ? new ImageIOException(File.Path, ImageIOOperation.Replace, null, error)
                : new ImageIOException(File.Path, $"replacing failed: another program has the file open; {WhereIs(finished)}.", error)
                {
                    FinishedPath = finished,
                };
        }
    }

    private void Rename()
    {
        if (_replaced is null)
        {
            PlatformFile.Current.RenameToNew(_ownPath, _targetPath);
        }
        else
        {
            PlatformFile.Current.RenameOver(_ownPath, _targetPath, _replaced.Dispose);
        }
    }

    /// <summary>Leaves the whole new file where it is if nothing but another program keeps it from its name.</summary>
    private string? Keep(Exception error)
    {
        _isSettled = PlatformFile.Current.MayBeHeld(error);
        return _isSettled ? _ownPath : null;
    }

    private static string WhereIs(string finishedPath) =>
        $"the new file is whole and stays as '{finishedPath}', to be given its name by hand or deleted";

    private void Close()
    {
        File.Dispose();
        _folder?.Dispose();
        if (_ownsReplaced)
        {
            _replaced!.Dispose();
        }
    }
}
